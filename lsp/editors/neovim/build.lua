-- Run by plugin managers after an installation or update.
package.path = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h") .. "/lua/?.lua;" .. package.path
require("flow.parser").build()
