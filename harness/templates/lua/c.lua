-- What Lua takes from C: integers of 64 bits and floats by their bits, which carriers are (docs/protocol.md), memory, and a
-- clock.

local ffi = require("ffi")
local null = ... -- of JSON

ffi.cdef [[
char *malloc(size_t);
void free(void *);
int64_t strtoll(const char *, char **, int);
uint64_t strtoull(const char *, char **, int);
struct timespec { long seconds, nanoseconds; };
int clock_gettime(int, struct timespec *);
]]

local c = {}
local FLOATS = { f32 = ffi.typeof("float[1]"), f64 = ffi.typeof("double[1]") }

function c.number(text)
  return ffi.C.strtoull(text, nil, 10)
end

function c.address(pointer)
  return ffi.cast("uintptr_t", pointer)
end

local function of_hex(text)
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- The memory at an address.
function c.hex(address, length)
  return hex(ffi.string(ffi.cast("const char *", address), length))
end

-- What lies at an offset of a block, as a pointer to a word.
function c.place(room, block, offset)
  return ffi.cast("uint64_t *", room.blocks[block + 1] + offset)
end

function c.fill(room)
  for at, content in ipairs(room.contents) do ffi.copy(room.blocks[at], content, #content) end
end

-- The memory of a call or a script: blocks, and what is to be in them.
function c.lay_out(blocks)
  local room = { blocks = {}, contents = {} }
  for at, block in ipairs(blocks) do
    room.contents[at] = of_hex(block.bytes)
    room.blocks[at] = ffi.C.malloc(#room.contents[at]) -- aligned to 16
  end
  c.fill(room)
  for at, block in ipairs(blocks) do
    for _, pointer in ipairs(block.pointers) do
      c.place(room, at - 1, pointer[1])[0] = c.address(room.blocks[pointer[2] + 1])
    end
    room.contents[at] = ffi.string(room.blocks[at], #room.contents[at])
  end
  return room
end

function c.let_go(room)
  for _, block in ipairs(room.blocks) do ffi.C.free(block) end
end

-- What is passed, or a function that gives it where earlier steps leave it.
function c.argument(of, carrier, room)
  if type(carrier) == "table" then
    if carrier.block then return c.address(room.blocks[carrier.block + 1]) end
    if carrier.result then return function(results) return results[carrier.result + 1] end end
    local place = c.place(room, carrier.word[1], carrier.word[2])
    return function() return place[0] end
  end
  if FLOATS[of] then
    local place = FLOATS[of]()
    ffi.copy(place, of_hex(carrier):reverse(), ffi.sizeof(place))
    local value = place[0]
    -- Some NaNs are other values to LuaJIT, nil among them: all go in as one.
    return type(value) == "number" and value == value and value or 0 / 0
  end
  if of == "bool" then return carrier == "1" end
  return (of == "u64" or of == "pointer") and c.number(carrier) or ffi.C.strtoll(carrier, nil, 10)
end

function c.text(of, value)
  if of == "void" then return null end
  if FLOATS[of] then
    -- And what came back as one of those is a NaN.
    local place = FLOATS[of](type(value) == "number" and value or 0 / 0)
    return hex(ffi.string(place, ffi.sizeof(place)):reverse())
  end
  if of == "bool" then return value and "1" or "0" end
  return type(value) == "number" and ("%d"):format(value) or (tostring(value):gsub("U?LL$", ""))
end

-- Of an address only whether it is null.
function c.said(of, value)
  if of == "pointer" then return value == 0 and "0" or "1" end
  return c.text(of, value)
end

-- What counts on the clock: a result, or a word of a block.
function c.bits(of, value)
  local said = c.said(of, value)
  return ffi.C.strtoull(said, nil, FLOATS[of] and 16 or 10)
end

-- Nanoseconds since some time.
function c.now()
  local time = ffi.new("struct timespec")
  ffi.C.clock_gettime(1, time) -- monotonic
  return time.seconds * 1000000000LL + time.nanoseconds
end

return c
