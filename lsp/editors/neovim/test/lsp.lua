-- The plugin with a real `flow-lsp` and Neovim's own client, on a copy of the sample office. Run from the repository:
--
--   FLOW_LSP=target/debug/flow-lsp nvim --headless -u NONE -i NONE -n -c 'luafile lsp/editors/neovim/test/lsp.lua'
--
-- Waits are for an event and end with it; the longest counts only when something is broken.
local WAIT_MS = 30000

local plugin = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h")
local repository = vim.fn.fnamemodify(plugin, ":h:h:h")
local folder = vim.fn.tempname()

local function check(condition, what)
  if not condition then
    error(what, 2)
  end
end

local function eventually(what, condition)
  local last
  local ok = vim.wait(WAIT_MS, function()
    last = condition()
    return last
  end, 20)
  check(ok, "never came: " .. what)
  return last
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function text()
  return table.concat(lines(), "\n")
end

local function line_of(pattern)
  for number, line in ipairs(lines()) do
    local from, to = line:find(pattern)
    if from then
      return number, from, to, line
    end
  end
  error("no line has " .. pattern)
end

local function replace(pattern, by)
  local number, _, _, line = line_of(pattern)
  vim.api.nvim_buf_set_lines(0, number - 1, number, false, { (line:gsub(pattern, by)) })
end

local function cursor_at(pattern)
  local number, from = line_of(pattern)
  vim.api.nvim_win_set_cursor(0, { number, from - 1 })
end

local function found(code)
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if (diagnostic.code or (diagnostic.user_data or {}).lsp and diagnostic.user_data.lsp.code) == code then
      return diagnostic
    end
  end
end

local function ask(method, more)
  local parameters = vim.tbl_extend("force", vim.lsp.util.make_position_params(0, "utf-16"), more or {})
  local answers = vim.lsp.buf_request_sync(0, method, parameters, WAIT_MS)
  for _, answer in pairs(answers or {}) do
    check(not answer.err, method .. ": " .. vim.inspect(answer.err))
    return answer.result
  end
  error(method .. " wasn't answered")
end

--- The tests of the folder that fail, by what the server has of its files.
local function failures()
  local argument = { uri = vim.uri_from_bufnr(0) }
  local answers = vim.lsp.buf_request_sync(
    0, "workspace/executeCommand", { command = "flow.runTest", arguments = { argument } }, WAIT_MS
  )
  local _, answer = next(answers or {})
  check(answer and answer.result, "tests can't be run: " .. vim.inspect(answer))
  return vim.tbl_filter(function(test)
    return not test.passed
  end, answer.result.tests)
end

local function open(name)
  vim.cmd("edit " .. vim.fn.fnameescape(folder .. "/" .. name))
end

local tests = {}

function tests.a_file_gets_its_type_and_server()
  open("main.flow")
  check(vim.bo.filetype == "flow", "the file type is " .. vim.bo.filetype)
  check(vim.bo.commentstring == "// %s", "comments begin by " .. vim.bo.commentstring)
  eventually("the server", function()
    return next(vim.lsp.get_active_clients({ bufnr = 0 })) ~= nil
      and vim.lsp.get_active_clients({ bufnr = 0 })[1].initialized
  end)
  check(#vim.diagnostic.get(0) == 0, "the sample office has findings")
end

function tests.findings_come_while_typing_and_go()
  replace("closed: play_message", "closed: play_mesage")
  local finding = eventually("the unknown kind", function()
    return found("F101")
  end)
  check(finding.lnum == line_of("play_mesage") - 1, "it stands in line " .. finding.lnum)
  replace("play_mesage", "play_message")
  eventually("no finding", function()
    return #vim.diagnostic.get(0) == 0
  end)
end

function tests.a_fix_is_made_by_a_code_action()
  replace("closed: play_message", "closed: play_mesage")
  eventually("the unknown kind", function()
    return found("F101")
  end)
  cursor_at("play_mesage")
  local select = vim.ui.select
  local offered
  vim.ui.select = function(items, _, choose)
    offered = items
    choose(items[1], 1)
  end
  vim.lsp.buf.code_action()
  eventually("the fix", function()
    return text():find("closed: play_message ", 1, true) ~= nil
  end)
  vim.ui.select = select
  check(#offered >= 1, "nothing was offered")
  eventually("no finding", function()
    return #vim.diagnostic.get(0) == 0
  end)
end

function tests.completion_knows_kinds_and_keys()
  local number = line_of("bye: hangup")
  vim.api.nvim_buf_set_lines(0, number, number, false, { "  extra: voicemail " })
  vim.api.nvim_win_set_cursor(0, { number + 1, #"  extra: voicemail " })
  local result = ask("textDocument/completion", { context = { triggerKind = 1 } })
  local labels = {}
  for _, item in ipairs(result.items or result) do
    labels[item.label] = true
  end
  check(labels["after-hours"] and labels["sales"], "keys offered: " .. vim.inspect(vim.tbl_keys(labels)))
  vim.api.nvim_buf_set_lines(0, number, number + 1, false, {})
end

function tests.a_node_is_renamed_with_its_edges_and_its_place()
  cursor_at("sales%-box \"Sales mailbox\"")
  vim.lsp.buf.rename("sales-messages")
  eventually("the new name", function()
    return text():find("layout main", 1, true) and not text():find("sales-box", 1, true)
  end)
  local _, count = text():gsub("sales%-messages", "")
  check(count == 5, "the new name stands " .. count .. " times")
end

function tests.an_entity_is_renamed_in_all_files()
  open("office.flow")
  eventually("the server", function()
    return next(vim.lsp.get_active_clients({ bufnr = 0 })) ~= nil
  end)
  cursor_at("office%-hours")
  vim.lsp.buf.rename("opening-hours")
  eventually("the new key", function()
    return text():find("time_switch opening-hours", 1, true)
  end)
  open("main.flow")
  eventually("the new key in the flow", function()
    return text():find("time_switch opening-hours", 1, true)
  end)
  check(#vim.lsp.get_active_clients() == 1, "one folder has " .. #vim.lsp.get_active_clients() .. " servers")
  -- Changes of buffers that nobody looks at reach the server after a while only.
  eventually("no finding in any file", function()
    return #vim.diagnostic.get(nil) == 0 and vim.deep_equal(failures(), {})
  end)
end

function tests.a_file_is_formatted()
  replace("^  bye: hangup", "      bye:hangup")
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = WAIT_MS })
  else
    vim.lsp.buf.formatting_sync(nil, WAIT_MS)
  end
  check(text():find("\n  bye: hangup\n", 1, true), text())
end

local function said()
  return eventually("an answer of the server", function()
    local buffer = vim.fn.bufnr("flow://call")
    local shown = buffer ~= -1 and table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n") or ""
    return shown ~= "" and shown
  end)
end

local function forget()
  vim.cmd("silent! bwipeout! flow://call")
end

function tests.a_test_runs_from_its_lens()
  open("tests.flow")
  local lens = eventually("lenses", function()
    local offered = ask("textDocument/codeLens", { textDocument = vim.lsp.util.make_text_document_params() })
    return offered and offered[1]
  end)
  check(lens.command.command == "flow.runTest", vim.inspect(lens))
  vim.lsp.commands[lens.command.command](lens.command, { bufnr = vim.api.nvim_get_current_buf() })
  check(said() == "passed  in hours, 1 rings sales and Ann answers", said())
  forget()
  vim.cmd("FlowTest")
  local _, count = said():gsub("passed  ", "")
  check(count == 10 and not said():find("FAILED", 1, true), said())
  forget()
end

function tests.a_call_is_simulated()
  vim.cmd("FlowCall +61299998888 at 2026-03-02 10:00; press 2; phone 101 busy")
  check(said():find("A call through main", 1, true) and said():find("sales%-messages"), said())
  forget()
end

function tests.new_lines_are_indented()
  local indent = require("flow.indent")
  vim.cmd("enew")
  vim.bo.shiftwidth = 2
  vim.api.nvim_buf_set_lines(0, 0, -1, false, {
    "flow main {", "  a: ivr_menu m {", "", "    1 -> b }", "", "  b: hangup // {", "", "}",
  })
  for number, expected in pairs({ [1] = 0, [2] = 2, [3] = 4, [5] = 2, [7] = 2, [8] = 0 }) do
    check(indent.of(number) == expected, "line " .. number .. " is indented by " .. indent.of(number))
  end
  vim.cmd("bwipeout!")
end

function tests.the_tree_highlights_a_file()
  require("flow.parser").build()
  if vim.fn.has("nvim-0.9") == 0 then
    vim.treesitter.require_language("flow")
    check(vim.treesitter.get_query("flow", "highlights"), "the query can't be read")
    return
  end
  open("tests.flow")
  check(vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()], "there is no highlighter")
  local captures = vim.treesitter.get_captures_at_pos(0, line_of("^test") - 1, 0)
  check(captures[1] and captures[1].capture == "keyword", vim.inspect(captures))
  check(vim.treesitter.query.get("flow", "folds"), "there are no folds")
end

local ORDER = {
  "the_tree_highlights_a_file",
  "a_file_gets_its_type_and_server",
  "findings_come_while_typing_and_go",
  "a_fix_is_made_by_a_code_action",
  "completion_knows_kinds_and_keys",
  "a_node_is_renamed_with_its_edges_and_its_place",
  "an_entity_is_renamed_in_all_files",
  "a_file_is_formatted",
  "a_test_runs_from_its_lens",
  "a_call_is_simulated",
  "new_lines_are_indented",
}

local function run()
  for name in pairs(tests) do
    check(vim.tbl_contains(ORDER, name), name .. " isn't run")
  end
  vim.opt.runtimepath:prepend(plugin)
  vim.opt.hidden = true
  -- The cursor may stand behind the last letter, as it does while typing.
  vim.opt.virtualedit = "onemore"
  vim.cmd("filetype plugin indent on")
  vim.fn.mkdir(folder .. "/.git", "p")
  for _, name in ipairs({ "main.flow", "office.flow", "tests.flow" }) do
    vim.fn.writefile(vim.fn.readfile(repository .. "/examples/office/" .. name, "b"), folder .. "/" .. name, "b")
  end
  -- The office names prompts of its own.
  vim.fn.mkdir(folder .. "/prompts", "p")
  for _, prompt in ipairs(vim.fn.glob(repository .. "/examples/office/prompts/*", true, true)) do
    vim.fn.writefile(vim.fn.readfile(prompt, "b"), folder .. "/prompts/" .. vim.fn.fnamemodify(prompt, ":t"), "b")
  end
  local server = assert(vim.env.FLOW_LSP, "FLOW_LSP says where flow-lsp is")
  require("flow").setup({ cmd = { vim.fn.fnamemodify(server, ":p") } })
  local failed = 0
  for _, name in ipairs(ORDER) do
    local ok, why = xpcall(tests[name], debug.traceback)
    failed = failed + (ok and 0 or 1)
    io.stdout:write("\n" .. (ok and "ok    " or "FAILED ") .. name:gsub("_", " ") .. (ok and "\n" or "\n" .. why .. "\n"))
  end
  return failed
end

local ok, failed = xpcall(run, debug.traceback)
if not ok then
  io.stdout:write(failed .. "\n")
end
vim.fn.delete(folder, "rf")
vim.cmd(ok and failed == 0 and "qall!" or "cquit!")
