-- How far a line is indented: one step more than the line before for each bracket left open there, one less for each that
-- this line closes at its beginning.
local M = {}

--- A line without strings and without its comment.
local function bare(line)
  return (line:gsub('"[^"]*"', ""):gsub("//.*$", ""))
end

--- Brackets that a line leaves open (or closes, if negative), not counting those that it begins with.
local function opens(line)
  local rest = bare(line):gsub("^%s*[}%]]+", "")
  local _, open = rest:gsub("[{%[]", "")
  local _, close = rest:gsub("[}%]]", "")
  return open - close
end

function M.of(number)
  local before = vim.fn.prevnonblank(number - 1)
  if before == 0 then
    return 0
  end
  local indent = vim.fn.indent(before) + opens(vim.fn.getline(before)) * vim.fn.shiftwidth()
  local closes = vim.fn.getline(number):match("^%s*([}%]]+)")
  return math.max(0, indent - #(closes or "") * vim.fn.shiftwidth())
end

return M
