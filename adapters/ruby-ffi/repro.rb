# FFI::Pointer.new refuses an address that Pointer#address gives. Before ffi 1.16:
#
#     18446744073709551615: RangeError: bignum too big to convert into `long long'
#
# and from 1.16 on `18446744073709551615: the same address`.

require "ffi"

address = FFI::Pointer.new(-1).address
begin
  puts "#{address}: #{FFI::Pointer.new(address).address == address ? "the same address" : "another address"}"
rescue RangeError => e
  puts "#{address}: #{e.class}: #{e.message}"
end
