-- C's types as LuaJIT has them, structs and unions by value, arrays and complex numbers among these (docs/protocol.md), and
-- their values.

local ffi = require("ffi")
local library = ... -- the adapter's
local structs, names, count = {}, {}, 0
local TYPES = {
  i8 = "int8_t", i16 = "int16_t", i32 = "int32_t", i64 = "int64_t",
  u8 = "uint8_t", u16 = "uint16_t", u32 = "uint32_t", u64 = "uint64_t",
  f32 = "float", f64 = "double", bool = "bool", pointer = "void *", void = "void",
}

-- C's name of a type. LuaJIT keeps what is declared: so each is once.
local function named(of)
  if type(of) == "string" then return TYPES[of] or error("LuaJIT has no type for " .. of, 0) end
  if of.complex then return named(of.complex) .. " _Complex" end
  local declaration
  if of.array then
    declaration = ("typedef %s %%s[%d];"):format(named(of.array[2]), of.array[1])
  elseif of.struct or of.union then
    local parts = {}
    for at, member in ipairs(of.struct or of.union) do parts[at] = named(member) .. " m" .. at .. "; " end
    declaration = "typedef " .. (of.struct and "struct" or "union") .. " { " .. table.concat(parts) .. "} %s;"
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

-- The type of a function's address. Of a variadic function those parameters that it names are declared.
function structs.prototype(returns, parameters, fixed)
  local types = {}
  for at, of in ipairs(parameters) do types[at] = named(of) end
  library.conventions.room_for(parameters)
  if fixed then types[fixed + 1] = "..." end
  return named(returns) .. "(*)(" .. table.concat(types, ",", 1, fixed and fixed + 1) .. ")"
end

-- A number of a type of C's, and not of Lua's.
function structs.cast(of, value)
  return ffi.cast(named(of), value)
end

-- Bytes that one takes.
function structs.size(of)
  return ffi.sizeof(named(of))
end

-- What LuaJIT makes one of: its members, which are tables themselves where they are structs or arrays, and of a union one.
local function members(of, carrier)
  if type(of) == "string" then return library.scalar(of, carrier) end
  local made = {}
  for at, one in ipairs(carrier) do
    if of.union and one ~= library.json.null then made["m" .. at] = members(of.union[at], one) end
    if not of.union then made[at] = members(of.struct and of.struct[at] or of.complex or of.array[2], one) end
  end
  return of.complex and ffi.new(named(of), made[1], made[2]) or made
end

function structs.value(of, carrier)
  return ffi.new(named(of), members(of, carrier))
end

-- What came back, a struct as a list.
function structs.carrier(of, value)
  if type(of) == "string" then return library.carrier(of, value) end
  if of.complex then return { library.carrier(of.complex, value.re), library.carrier(of.complex, value.im) } end
  local said = {}
  for at, member in ipairs(of.struct or of.union or {}) do said[at] = structs.carrier(member, value["m" .. at]) end
  for at = 1, of.array and of.array[1] or 0 do said[at] = structs.carrier(of.array[2], value[at - 1]) end
  return said
end

return structs
