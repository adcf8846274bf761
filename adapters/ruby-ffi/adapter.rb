# Puts the ffi gem of Ruby to the suite at wire level (docs/protocol.md). The gem's own types and conversions
# do the work: a type that it has not is unsupported, not made good.

require "ffi"
require "json"

TYPES = {
  "i8" => :int8, "i16" => :int16, "i32" => :int32, "i64" => :int64,
  "u8" => :uint8, "u16" => :uint16, "u32" => :uint32, "u64" => :uint64,
  "f32" => :float, "f64" => :double, "bool" => :bool, "pointer" => :pointer, "void" => :void
}

FLOATS = { "f32" => "g", "f64" => "G" } # as String#unpack names them, big-endian as the hex is

Linked = Struct.new(:call, :parameters, :returns, :attach)
# Of a script; the late arguments are those that earlier steps give.
Step = Struct.new(:linked, :given, :late)

# What the gem, and not this adapter, does not do.
class Unsupported < StandardError; end

class Adapter
  def initialize
    @libraries = {}
    @functions = []
    @blocking = {} # those that let go of Ruby's lock, by number
    @blocks = [] # of the last call, kept until the next
  end

  def hello(request)
    raise "protocol #{request["protocol"]} is not spoken here" unless request["protocol"] == 1
    @main = request["library"]
    open(@main)
    { is: "ready", protocol: 1, name: "ruby-ffi", version: FFI::VERSION, language: "Ruby",
      level: "wire", capabilities: ["loops", "threads", "libraries", "collect"], dialects: [] }
  end

  def link(request)
    parameters, returns = request.values_at("parameters", "returns")
    types = [*parameters, returns].map do |type|
      TYPES[type] or raise Unsupported, "ffi #{FFI::VERSION} has no type for #{type}"
    end
    name = "function_#{@functions.size}"
    attach = lambda do |name, **options|
      library = open(request["library"] || @main)
      library.attach_function(name, request["symbol"], types[0...-1], types[-1], **options)
      library.method(name)
    end
    @functions << Linked.new(attach.call(name), parameters, returns, -> { attach.call("#{name}_b", blocking: true) })
    { is: "bound", function: @functions.size - 1 }
  rescue LoadError => e # FFI::NotFoundError is one
    { is: "unlinked", message: e.message }
  end

  def invoke(request)
    linked = @functions.fetch(request["function"])
    @blocks = lay_out(request["blocks"])
    given = linked.parameters.zip(request["arguments"])
    value = by_the_gem { linked.call.call(*given.map { |type, text| read(type, text, @blocks) }) }
    { is: "returned", value: write(linked.returns, value),
      blocks: @blocks.map { |block| block.read_bytes(block.size).unpack1("H*") } }
  end

  def peek(request)
    memory = by_the_gem { FFI::Pointer.new(Integer(request["address"], 10)) }
    { is: "memory", bytes: memory.read_bytes(request["length"]).unpack1("H*") }
  end

  def collect(_request)
    GC.start
    { is: "done" }
  end

  def loop(request)
    scripts, threads = request.values_at("scripts", "threads")
    tallies = scripts.map { {} }
    counting = Mutex.new
    one = lambda do |thread, prepared|
      (thread...thread + request["rounds"]).each do |turn|
        number = turn % scripts.size
        blocks, steps, contents = prepared[number]
        blocks.zip(contents) { |block, bytes| block.put_bytes(0, bytes) }
        values = steps.zip(by_the_gem { run(steps) }).map { |step, value| said(step.linked.returns, value) }
        shown = scripts[number]["show"].map { |block, *piece| blocks[block].get_bytes(*piece).unpack1("H*") }
        counting.synchronize { count(tallies[number], [values, shown]) }
      end
    end
    prepared = Array.new(threads) { scripts.map { |script| ready(script, threads > 1) } }
    collector = Thread.new { Kernel.loop { GC.start } } if request["collect"]
    begun = Queue.new # closed, it lets every thread begin
    all = prepared.each_with_index.map { |own, thread| Thread.new { begun.pop; one.call(thread, own) } } if threads > 1
    begun.close
    all ? all.each(&:join) : one.call(0, prepared[0])
    { is: "looped", scripts: tallies.map do |tally|
      tally.map { |(values, shown), times| { values: values, shown: shown, times: times } }
    end }
  ensure
    collector&.kill
  end

  def clock(request)
    rows, count = request.values_at("rows", "count")
    prepared = rows.map { |row| ready(row, false) }
    # A row of one call with all its arguments is that call alone.
    calls = prepared.map do |_, steps|
      step = steps[0]
      steps.size == 1 && step.late.empty? ? [step.linked.call, step.given] : [nil, steps]
    end
    last = Array.new(rows.size)
    at = 0
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    count.times do
      call, given = calls[at]
      last[at] = call ? call.call(*given) : run(given)
      at = (at += 1) == calls.size ? 0 : at
    end
    elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - start
    sums = rows.zip(prepared, last).first(count).map do |row, (blocks, steps), results|
      results = [results] unless results.is_a?(Array)
      row["bits"].sum { |one| bits(one, blocks, steps, results) }
    end
    { is: "benched", elapsed_ns: elapsed, checksum: sums.reduce(0) { |sum, bits| (sum * 31 + bits) % 2**64 }.to_s }
  end

  private

  # The memory of a script, its steps, and what the memory holds before a run. Threads of Ruby run beside each other
  # where a call lets go of the interpreter's lock, which the gem does for functions that are attached so.
  def ready(script, blocking)
    blocks = lay_out(script["blocks"])
    steps = script["steps"].map do |step|
      linked = @functions.fetch(step["function"])
      if blocking
        @blocking[step["function"]] ||= Linked.new(linked.attach.call, linked.parameters, linked.returns)
        linked = @blocking[step["function"]]
      end
      given = linked.parameters.zip(step["arguments"]).map { |type, text| read(type, text, blocks) }
      Step.new(linked, given, given.each_index.select { |at| given[at].is_a?(Proc) }.map { |at| [at, given[at]] })
    end
    [blocks, steps, blocks.map { |block| block.read_bytes(block.size) }]
  end

  def run(steps)
    results = []
    steps.each do |step|
      step.late.each { |at, left| step.given[at] = left.call(results) }
      results << step.linked.call.call(*step.given)
    end
    results
  end

  def said(type, value)
    text = write(type, value)
    type == "pointer" && text != "0" ? "1" : text
  end

  def bits(one, blocks, steps, results)
    return read("u64", one, blocks).call(results) if one["word"]
    type = steps[one["result"]].linked.returns
    Integer(said(type, results[one["result"]]), FLOATS[type] ? 16 : 10)
  end

  def count(tally, outcome)
    outcome = tally.keys.last if !tally.key?(outcome) && tally.size == 16
    tally[outcome] = tally.fetch(outcome, 0) + 1
  end

  def by_the_gem
    yield
  rescue StandardError => e
    raise Unsupported, "ffi raises #{e.class}: #{e.message}"
  end

  def open(path)
    @libraries[path] ||= Module.new do
      extend FFI::Library
      ffi_lib path
    end
  end

  def lay_out(blocks)
    memory = blocks.map do |block|
      bytes = [block["bytes"]].pack("H*")
      aligned(bytes.bytesize).put_bytes(0, bytes)
    end
    blocks.each_with_index do |block, at|
      block["pointers"].each { |offset, to| memory[at].put_pointer(offset, memory[to]) }
    end
    memory
  end

  # The gem aligns to 8. A slice keeps what it is of.
  def aligned(size)
    room = FFI::MemoryPointer.new(size + 16)
    room.slice(-room.address % 16, size)
  end

  # A carrier to what Ruby code would pass, or to what gives that, from the results so far.
  def read(type, text, blocks)
    if text.is_a?(Hash)
      return blocks.fetch(text["block"]) if text["block"]
      step = text["result"]
      return ->(results) { passed(type, results[step]) } if step
      block, offset = text["word"]
      return ->(_) { passed(type, blocks[block].get_uint64(offset)) }
    end
    return [text].pack("H*").unpack1(FLOATS[type]) if FLOATS[type]
    return text == "1" if type == "bool"
    passed(type, Integer(text, 10))
  end

  # An address or an integer as a parameter of this type takes it.
  def passed(type, value)
    return value.to_i unless type == "pointer"
    value.is_a?(Integer) ? FFI::Pointer.new(value) : value
  end

  # What the gem gave, as a carrier.
  def write(type, value)
    case value
    when nil then nil
    when true then "1"
    when false then "0"
    when Float
      return narrow(value) if type == "f32" && value.nan?
      [value].pack(FLOATS.fetch(type)).unpack1("H*")
    when FFI::Pointer then value.address.to_s
    else value.to_s
    end
  end

  # A NaN that the gem widened, cut as C does: pack("g") would make every NaN the same one.
  def narrow(nan)
    bits = [nan].pack("G").unpack1("Q>")
    format("%08x", (bits >> 32 & 0x80000000) | 0x7f800000 | (bits >> 29 & 0x7fffff))
  end
end

adapter = Adapter.new
$stdin.set_encoding("UTF-8")
$stdout.sync = true
$stdin.each_line do |line|
  request = JSON.parse(line)
  reply =
    begin
      case request["do"]
      when "hello", "link", "invoke", "peek", "collect", "loop", "clock"
        adapter.public_send(request["do"], request)
      when "stop" then { is: "done" }
      else { is: "adapter-error", message: "`#{request["do"]}` is not served at wire level" }
      end
    rescue Unsupported => e
      { is: "unsupported", message: e.message }
    rescue StandardError => e
      { is: "adapter-error", message: "#{e.class}: #{e.message}" }
    end
  $stdout.write(JSON.generate({ id: request["id"] }.merge(reply)), "\n")
  break if request["do"] == "stop"
end
