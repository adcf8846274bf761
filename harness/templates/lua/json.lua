-- JSON, which Lua has not, as much of it as the protocol is: null is a table of its own, and a table is a list where it
-- is empty or has a first item.

jit.off(true, true) -- what is compiled here has lost fields of a reply, where an error came out of LuaJIT itself

local json = { null = {} }
local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local WORDS = { null = json.null, ["true"] = true, ["false"] = false }

local value

local function text(line, at)
  local parts = {}
  while true do
    local plain, stop, next = line:match('^([^"\\]*)(["\\])()', at)
    parts[#parts + 1] = plain
    if stop == '"' then return table.concat(parts), next end
    local escape = line:sub(next, next)
    if escape == "u" then
      -- Only what is below a space is written so in requests.
      parts[#parts + 1] = string.char(tonumber(line:sub(next + 1, next + 4), 16) % 256)
      at = next + 5
    else
      parts[#parts + 1] = ESCAPES[escape] or escape
      at = next + 1
    end
  end
end

local function many(line, at, close)
  local all = {}
  while true do
    at = line:match("^[%s,]*()", at)
    if line:sub(at, at) == close then return all, at + 1 end
    local key = #all + 1
    if close == "}" then
      key, at = text(line, at + 1)
      at = line:match("^%s*:()", at)
    end
    all[key], at = value(line, at)
  end
end

function value(line, at)
  at = line:match("^%s*()", at)
  local first = line:sub(at, at)
  if first == '"' then return text(line, at + 1) end
  if first == "{" then return many(line, at + 1, "}") end
  if first == "[" then return many(line, at + 1, "]") end
  local word, next = line:match("^([^,%]}%s]+)()", at)
  if WORDS[word] ~= nil then return WORDS[word], next end
  return tonumber(word), next
end

function json.read(line)
  return (value(line, 1))
end

local function quoted(one)
  return '"' .. one:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

function json.write(one)
  if one == json.null then return "null" end
  if type(one) == "string" then return quoted(one) end
  if type(one) == "number" then return ("%d"):format(one) end
  if type(one) ~= "table" then return tostring(one) end
  local parts = {}
  if one[1] ~= nil or next(one) == nil then
    for at, item in ipairs(one) do parts[at] = json.write(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(one) do parts[#parts + 1] = quoted(key) .. ":" .. json.write(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end

return json
