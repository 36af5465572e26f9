if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

-- What `flowc fmt` writes.
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.comments = "://"
vim.bo.commentstring = "// %s"
-- Names and keys have dashes.
vim.opt_local.iskeyword:append("-")

require("flow").attach(vim.api.nvim_get_current_buf())
