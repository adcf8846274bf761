# NativeCall gives a uint64_t from 2^63 on as a negative Int, though its type is unsigned:
#
#     uint64: -1
#     uint32: 4294967295
#
# It is strtoull's greatest number, and htonl of one that no byte order changes.
use NativeCall;

sub strtoull(Str, Pointer, int32 --> uint64) is native { * }
sub htonl(uint32 --> uint32) is native { * }

say 'uint64: ', strtoull('18446744073709551615', Pointer, 10);
say 'uint32: ', htonl(0xffffffff);
