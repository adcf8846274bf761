# Puts Fiddle, the FFI library that comes with Ruby, to the suite at wire level (docs/protocol.md).
# Fiddle's own types and conversions do the work: a type that it has not is unsupported, not made good.

require "fiddle"
require_relative "../wire"

class Adapter < Wire
  NAME = "fiddle"
  VERSION = Fiddle::VERSION

  # The width decides, as in Fiddle's own constants; a negative one is unsigned.
  TYPES = {
    "i8" => Fiddle::TYPE_INT8_T, "u8" => -Fiddle::TYPE_INT8_T,
    "i16" => Fiddle::TYPE_INT16_T, "u16" => -Fiddle::TYPE_INT16_T,
    "i32" => Fiddle::TYPE_INT32_T, "u32" => -Fiddle::TYPE_INT32_T,
    "i64" => Fiddle::TYPE_INT64_T, "u64" => -Fiddle::TYPE_INT64_T,
    "f32" => Fiddle::TYPE_FLOAT, "f64" => Fiddle::TYPE_DOUBLE,
    "pointer" => Fiddle::TYPE_VOIDP, "void" => Fiddle::TYPE_VOID
  }
  # Fiddle has a bool only from 1.1.3 on.
  TYPES["bool"] = Fiddle::TYPE_BOOL if Fiddle.const_defined?(:TYPE_BOOL)

  private

  def open(path)
    # Not RTLD_GLOBAL, Fiddle's default: two libraries with the same symbols are to stay apart.
    @libraries[path] ||= Fiddle::Handle.new(path, Fiddle::RTLD_NOW)
  end

  def link_to(path, symbol, parameters, returns)
    Fiddle::Function.new(open(path).sym(symbol), parameters, returns)
  rescue Fiddle::DLError
    raise Unlinked, "#{path} has no symbol `#{symbol}`"
  end

  # Of malloc, which aligns to 16 on the 64-bit systems that the suite runs on.
  def room(size)
    Fiddle::Pointer.malloc(size, Fiddle::RUBY_FREE)
  end

  def get(room, offset, length)
    room[offset, length]
  end

  def put(room, offset, bytes)
    room[offset, bytes.bytesize] = bytes
  end

  def word(room, offset)
    room[offset, 8].unpack1("J")
  end

  def pointer(address)
    Fiddle::Pointer.new(address)
  end

  def callback(returns, parameters, &answer)
    Fiddle::Closure::BlockCaller.new(returns, parameters, &answer)
  end

  def variadic(path, symbol, parameters, returns)
    link_to(path, symbol, [*parameters, Fiddle::TYPE_VARIADIC], returns)
  end

  def variable(type, value)
    [type, value]
  end

  def errno
    Fiddle.last_error
  end

  def passed(_type, value)
    value.to_i
  end

  # Pointer#to_i reads the word as signed; an address is not.
  def address(value)
    [value.to_i].pack("J").unpack1("J")
  end
end

Adapter.new.serve
