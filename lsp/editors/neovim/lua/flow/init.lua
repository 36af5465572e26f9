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
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ":t") } },
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
  require("flow.parser").start(buffer)
  if vim.fn.executable(options.cmd[1]) == 1 then
    start(buffer)
  elseif not M.said then
    M.said = true
    vim.notify("flow: `" .. options.cmd[1] .. "` isn't in PATH; see the setup of the flow plugin", vim.log.levels.WARN)
  end
end

return M
