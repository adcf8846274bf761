-- Structs by value, and arrays within them (docs/protocol.md): C types of LuaJIT's making, and values of them.

local ffi = require("ffi")
local TYPES, argument, text = ... -- the adapter's
local structs, names, count = {}, {}, 0

-- C's name of a type; none where LuaJIT has no such type. LuaJIT keeps what is declared: so each is once.
function structs.named(of)
  if type(of) == "string" then return TYPES[of] end
  local declaration
  if of.array then
    declaration = ("typedef %s %%s[%d];"):format(structs.named(of.array[2]), of.array[1])
  elseif of.struct then
    local parts = {}
    for at, member in ipairs(of.struct) do parts[at] = structs.named(member) .. " m" .. at .. "; " end
    declaration = "typedef struct { " .. table.concat(parts) .. "} %s;"
  else
    return nil
  end
  if not names[declaration] then
    count = count + 1
    names[declaration] = "by_value_" .. count
    ffi.cdef(declaration:format(names[declaration]))
  end
  return names[declaration]
end

-- Whether LuaJIT has room for arguments of these types, which it says only at the call: behind the registers it has
-- 31 words, and there a struct of more than two words is whole.
function structs.fit(parameters)
  local words, floats, memory = 0, 0, 0
  for _, of in ipairs(parameters) do
    local size = math.ceil(ffi.sizeof(structs.named(of)) / 8)
    if of == "f32" or of == "f64" then
      floats = floats + 1
    elseif size <= 2 then
      words = words + size
    else
      memory = memory + size
    end
  end
  return math.max(words - 6, 0) + math.max(floats - 8, 0) + memory <= 31
end

-- What LuaJIT makes one of: its members, which are lists themselves where they are structs or arrays.
local function members(of, value)
  if type(of) == "string" then return argument(of, value) end
  local made = {}
  for at, one in ipairs(value) do made[at] = members(of.struct and of.struct[at] or of.array[2], one) end
  return made
end

function structs.argument(of, value)
  return ffi.new(structs.named(of), members(of, value))
end

-- What came back, as a list in JSON.
function structs.text(of, value)
  if type(of) == "string" then return text(of, value) end
  local said = {}
  for at, member in ipairs(of.struct or {}) do said[at] = structs.text(member, value["m" .. at]) end
  for at = 1, of.array and of.array[1] or 0 do said[at] = structs.text(of.array[2], value[at - 1]) end
  return "[" .. table.concat(said, ",") .. "]"
end

return structs
