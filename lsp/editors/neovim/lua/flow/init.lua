-- `.flow` files in Neovim, with its built-in client of language servers.
local M = {}

local options = {
  -- The language server: a command with its arguments.
  cmd = { "flow-lsp" },
  -- Called as on_attach(client, buffer) once the server is there for a buffer.
  on_attach = nil,
}

--- Changes the options above; call it before a `.flow` file is opened.
function M.setup(given)
  options = vim.tbl_extend("force", options, given or {})
end

--- The folder that the server looks at: the repository of the file, or its folder.
local function root_of(buffer)
  local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":p:h")
  local git = vim.fn.finddir(".git", vim.fn.escape(folder, " ,") .. ";")
  return git ~= "" and vim.fn.fnamemodify(git, ":p:h:h") or folder
end

local clients = {}

--- Starts the server for a buffer, or takes the one that runs for the same folder.
local function start(buffer)
  local root = root_of(buffer)
  local config = {
    name = "flow",
    cmd = options.cmd,
    root_dir = root,
    on_attach = options.on_attach,
    on_exit = function()
      clients[root] = nil
    end,
  }
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  -- Before 0.8 a client is started and attached by hand.
  clients[root] = clients[root] or vim.lsp.start_client(config)
  if clients[root] then
    vim.lsp.buf_attach_client(buffer, clients[root])
  end
  return clients[root]
end

--- What a new `.flow` buffer gets.
function M.attach(buffer)
  vim.api.nvim_buf_create_user_command(buffer, "FlowTest", function(given)
    local test = given.args ~= "" and given.args or nil
    M.run("flow.runTest", { uri = vim.uri_from_bufnr(buffer), test = test }, buffer)
  end, { nargs = "?", desc = "Run the test of this name, or all of the folder" })
  vim.api.nvim_buf_create_user_command(buffer, "FlowCall", function(given)
    local number = table.remove(given.fargs, 1)
    local steps = given.args:sub(#number + 2)
    steps = steps ~= "" and vim.split(steps, "%s*;%s*") or nil
    M.run("flow.simulate", { uri = vim.uri_from_bufnr(buffer), number = number, steps = steps }, buffer)
  end, { nargs = "+", desc = "Simulate a call: :FlowCall +61299998888 press 1; phone 101 busy" })
  require("flow.parser").start(buffer)
  if vim.fn.executable(options.cmd[1]) == 1 then
    start(buffer)
  elseif not M.said then
    M.said = true
    vim.notify("flow: `" .. options.cmd[1] .. "` isn't in PATH; see the setup of the flow plugin", vim.log.levels.WARN)
  end
end

--- Shows lines in a window of their own below; the next ones take their place.
local function show(lines)
  local buffer = vim.fn.bufadd("flow://call")
  vim.fn.bufload(buffer)
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  if vim.fn.bufwinid(buffer) == -1 then
    local window = vim.api.nvim_get_current_win()
    vim.cmd("botright " .. math.min(15, #lines) .. "split")
    vim.api.nvim_win_set_buf(0, buffer)
    vim.api.nvim_set_current_win(window)
  end
end

local function told(call, lines)
  for _, line in ipairs(vim.split(type(call) == "table" and table.concat(call, "\n") or call or "", "\n")) do
    lines[#lines + 1] = "  " .. line
  end
end

--- What the server's answer to a test or a call says to people.
local function lines_of(result)
  local lines = {}
  for _, test in ipairs(result.tests or {}) do
    lines[#lines + 1] = (test.passed and "passed  " or "FAILED  ") .. test.test
    for _, part in ipairs({ "why", "expected", "happened" }) do
      if test[part] then
        lines[#lines + 1] = "  " .. part .. ": " .. test[part]
      end
    end
    if test.call then
      told(test.call, lines)
    end
  end
  if result.flow then
    lines[#lines + 1] = "A call through " .. result.flow
    told(result.call, lines)
  end
  return lines
end

--- Has the server run a command of its own (`flow.runTest`, `flow.simulate`) and shows what comes of it.
function M.run(command, argument, buffer)
  local parameters = { command = command, arguments = { argument } }
  vim.lsp.buf_request(buffer or 0, "workspace/executeCommand", parameters, function(failure, result)
    if failure then
      vim.notify("flow: " .. failure.message, vim.log.levels.ERROR)
    elseif result then
      show(lines_of(result))
    end
  end)
end

for _, command in ipairs({ "flow.runTest", "flow.simulate" }) do
  vim.lsp.commands[command] = function(lens, context)
    M.run(command, lens.arguments[1], context.bufnr)
  end
end

return M
