# Raku's NativeCall, judged at wire level (docs/protocol.md): it does as it is told. What is the protocol's is in wire.raku.
use MONKEY-SEE-NO-EVAL;
use NativeCall;

constant TYPES = %(
    i8 => 'int8', i16 => 'int16', i32 => 'int32', i64 => 'int64',
    u8 => 'uint8', u16 => 'uint16', u32 => 'uint32', u64 => 'uint64',
    f32 => 'num32', f64 => 'num64', bool => 'bool', pointer => 'Pointer', void => 'Mu',
);

sub malloc(size_t --> Pointer) is native { * }
sub free(Pointer) is native { * }
# cglobal opens a library, looks, and closes it again: with this it stays.
sub dlopen(Str, int32 --> Pointer) is native { * }
sub write-memory(Pointer, Blob, size_t --> Pointer) is native is symbol('memcpy') { * }
sub read-memory(Blob, Pointer, size_t --> Pointer) is native is symbol('memcpy') { * }

my %callers;    # by prototype: of an address a function that makes the call

# A pointer's word as NativeCall has it is signed.
sub pointer($address) { Pointer.new($address >= 2 ** 63 ?? $address - 2 ** 64 !! $address) }

sub content($address, $length) {
    my $bytes := buf8.allocate($length);
    read-memory($bytes, pointer($address), $length);
    $bytes
}

# What NativeCall calls a type; of a callback, by the name of its parameter.
sub native($type, $name) {
    return TYPES{$type} if $type ~~ Str;
    my @parameters = $type<parameters>.map: { native($_, '') };
    "{$name.subst('$', '&')} ({@parameters.join(', ')} --> {native($type<returns>, '')})"
}

# As of a call, a u64 from 2^63 on is taken as a value of its own type alone.
sub callback($returns, &answer) {
    $returns eq 'u64' ?? sub (**@values) { my uint64 $word = answer(@values); $word } !! sub (**@values) { answer(@values) }
}

# The source of a function that makes calls of this prototype. A u64 is a value of its own type there: from 2^63 on
# NativeCall takes no Int.
sub caller-source(@parameters, $returns) {
    my @names = (^@parameters).map: '$a' ~ *;
    my $signature = "{(@parameters Z @names).map({ native(|$_) }).join(', ')} --> {native($returns, '')}";
    my @taken = (@parameters Z @names).map: -> ($type, $name) { $type eq 'u64' ?? "uint64 $name" !! $name };
    "sub (\$address) \{ my &call = nativecast(:($signature), \$address);
       -> {@taken.join(', ')} \{ call({@names.join(', ')}) \} \}"
}

sub caller(@parameters, $returns, $address) {
    my $key = (|@parameters, $returns).map({ $_ ~~ Str ?? $_ !! "({.<parameters>} --> {.<returns>})" }).join(' ');
    (%callers{$key} //= EVAL caller-source(@parameters, $returns))($address)
}

# No module: what Raku compiles of one it would keep in a folder beside it.
(EVALFILE $*PROGRAM.sibling('wire.raku'))(
    about => %(name => 'raku-nativecall', version => ~$*RAKU.compiler.version, lacks => ['f16'],
        capabilities => <collect callbacks callback-types>),
    called => 'NativeCall',
    types => TYPES,
    open => -> $path { die "$path does not open" unless dlopen($path, 1) },
    find => -> $path, $symbol { cglobal($path, $symbol, Pointer) },
    room => -> $length { +malloc($length max 1) },
    free => -> $address { free(pointer($address)) },
    put => -> $address, $bytes { write-memory(pointer($address), $bytes, $bytes.elems) },
    address => -> $value { +$value % 2 ** 64 },  # a null pointer is the type object, and counts as 0
    :&caller, :&callback, :&content, :&pointer,
);
