vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
  pattern = "*.flow",
  callback = function()
    vim.bo.filetype = "flow"
  end,
})
