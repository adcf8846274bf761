# Puts the ffi gem of Ruby to the suite at wire level (docs/protocol.md). The gem's own types and conversions
# do the work: a type that it has not is unsupported, not made good.

require "ffi"
require_relative "../wire"

class Adapter < Wire
  NAME = "ruby-ffi"
  VERSION = FFI::VERSION
  TYPES = {
    "i8" => :int8, "i16" => :int16, "i32" => :int32, "i64" => :int64,
    "u8" => :uint8, "u16" => :uint16, "u32" => :uint32, "u64" => :uint64,
    "f32" => :float, "f64" => :double, "bool" => :bool, "pointer" => :pointer, "void" => :void
  }

  def initialize
    super
    @attached = 0
    @blocking = {}.compare_by_identity
  end

  private

  def open(path)
    @libraries[path] ||= Module.new do
      extend FFI::Library
      ffi_lib path
    end
  end

  def link_to(path, symbol, parameters, returns, **options)
    name = "function_#{@attached += 1}"
    open(path).attach_function(name, symbol, parameters, returns, **options)
    open(path).method(name)
  rescue LoadError => e # FFI::NotFoundError is one
    raise Unlinked, e.message
  end

  # Threads of Ruby run beside each other where a call lets go of the interpreter's lock, which the gem does for
  # functions that are attached so.
  def beside(linked)
    types = linked.parameters.map { |type| TYPES[type] }
    @blocking[linked] ||= link_to(linked.path, linked.symbol, types, TYPES[linked.returns], blocking: true)
  end

  # The gem aligns to 8. A slice keeps what it is of.
  def room(size)
    room = FFI::MemoryPointer.new(size + 16)
    room.slice(-room.address % 16, size)
  end

  def get(room, offset, length)
    room.get_bytes(offset, length)
  end

  def put(room, offset, bytes)
    room.put_bytes(offset, bytes)
  end

  def word(room, offset)
    room.get_uint64(offset)
  end

  def pointer(address)
    by_the_library { FFI::Pointer.new(address) }
  end

  def callback(returns, parameters, &answer)
    FFI::Function.new(returns, parameters, &answer)
  end

  def struct(types)
    @structs ||= {}
    made = @structs[types] ||= Class.new(FFI::Struct) do
      layout(*types.flat_map.with_index { |type, at| [:"m#{at}", type] })
    end
    made.by_value
  end

  # Of elements that are structs the gem takes the class.
  def array(type, length)
    [type.respond_to?(:struct_class) ? type.struct_class : type, length]
  end

  def filled(type, values)
    type.struct_class.new.tap { |made| values.each_with_index { |value, at| fill(made, :"m#{at}", value) } }
  end

  def fill(into, at, value)
    return value.each_with_index { |one, index| fill(into[at], index, one) } if value.is_a?(Array)
    return into[at] = value unless value.is_a?(FFI::Struct)
    into[at].pointer.put_bytes(0, value.pointer.get_bytes(0, value.size))
  end

  def members(_type, value)
    value.values
  end

  def variadic(path, symbol, parameters, returns)
    link_to(path, symbol, [*parameters, :varargs], returns)
  end

  def variable(type, value)
    [type, value]
  end

  def errno
    FFI.errno
  end

  def errno=(value)
    FFI.errno = value
  end

  def passed(type, value)
    return value.to_i unless type == "pointer"
    value.is_a?(Integer) ? pointer(value) : value
  end

  def address(value)
    value.address
  end
end

Adapter.new.serve
