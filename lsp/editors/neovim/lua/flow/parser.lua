-- The tree-sitter parser, compiled from the grammar beside this plugin.
local M = {}

local plugin = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h:h")

--- Compiles the parser into the plugin's `parser` folder, where Neovim looks for it. Needs a C compiler.
function M.build()
  local grammar = vim.fn.fnamemodify(plugin, ":h") .. "/tree-sitter-flow/src"
  vim.fn.mkdir(plugin .. "/parser", "p")
  local said = vim.fn.system({
    "cc", "-shared", "-fPIC", "-O2", "-std=c11", "-I", grammar,
    grammar .. "/parser.c", grammar .. "/scanner.c", "-o", plugin .. "/parser/flow.so",
  })
  if vim.v.shell_error ~= 0 then
    error("the parser of .flow files can't be compiled: " .. said)
  end
end

--- Highlights and folds a buffer by its tree, if the parser is there and Neovim can (from 0.9 on).
function M.start(buffer)
  if vim.fn.has("nvim-0.9") == 0 or not pcall(vim.treesitter.start, buffer, "flow") then
    return false
  end
  vim.opt_local.foldmethod = "expr"
  vim.opt_local.foldexpr = "v:lua.vim.treesitter.foldexpr()"
  vim.opt_local.foldenable = false
  return true
end

return M
