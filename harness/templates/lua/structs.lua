-- C's types as LuaJIT has them, structs by value and arrays within them among these (docs/protocol.md), and their values.

local ffi = require("ffi")
local library = ... -- the adapter's
local structs, names, count = {}, {}, 0
local TYPES = {
  i8 = "int8_t", i16 = "int16_t", i32 = "int32_t", i64 = "int64_t",
  u8 = "uint8_t", u16 = "uint16_t", u32 = "uint32_t", u64 = "uint64_t",
  f32 = "float", f64 = "double", bool = "bool", pointer = "uintptr_t", void = "void",
}

-- C's name of a type. LuaJIT keeps what is declared: so each is once.
local function named(of)
  if type(of) == "string" then return TYPES[of] or error("LuaJIT has no type for " .. of, 0) end
  local declaration
  if of.array then
    declaration = ("typedef %s %%s[%d];"):format(named(of.array[2]), of.array[1])
  elseif of.struct then
    local parts = {}
    for at, member in ipairs(of.struct) do parts[at] = named(member) .. " m" .. at .. "; " end
    declaration = "typedef struct { " .. table.concat(parts) .. "} %s;"
  else
    error("LuaJIT has no such type", 0)
  end
  if not names[declaration] then
    count = count + 1
    names[declaration] = "by_value_" .. count
    ffi.cdef(declaration:format(names[declaration]))
  end
  return names[declaration]
end

-- The type of a function's address.
function structs.prototype(returns, parameters)
  local types = {}
  for at, of in ipairs(parameters) do types[at] = named(of) end
  return named(returns) .. "(*)(" .. table.concat(types, ",") .. ")"
end

-- Whether LuaJIT has room for arguments of these types, which it says only at the call: behind the registers it has
-- 31 words, and there a struct of more than two words is whole.
function structs.fit(parameters)
  local words, floats, memory = 0, 0, 0
  for _, of in ipairs(parameters) do
    local size = math.ceil(ffi.sizeof(named(of)) / 8)
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
local function members(of, carrier)
  if type(of) == "string" then return library.scalar(of, carrier) end
  local made = {}
  for at, one in ipairs(carrier) do made[at] = members(of.struct and of.struct[at] or of.array[2], one) end
  return made
end

function structs.value(of, carrier)
  return ffi.new(named(of), members(of, carrier))
end

-- What came back, a struct as a list.
function structs.carrier(of, value)
  if type(of) == "string" then return library.carrier(of, value) end
  local said = {}
  for at, member in ipairs(of.struct or {}) do said[at] = structs.carrier(member, value["m" .. at]) end
  for at = 1, of.array and of.array[1] or 0 do said[at] = structs.carrier(of.array[2], value[at - 1]) end
  return said
end

return structs
