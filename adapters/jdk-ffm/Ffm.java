import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The JDK's Foreign Function and Memory API (java.lang.foreign), at wire level. A handle is adapted once, when it is
 * linked, and invoked exactly; with the argument `arguments` it is left as it is and called by `invokeWithArguments`.
 */
final class Ffm extends Wire {
    /** The layouts of `Linker`'s own table, which models an unsigned integer as the signed one of its width. */
    private static final Map<String, MemoryLayout> LAYOUTS = Map.ofEntries(
            Map.entry("i8", ValueLayout.JAVA_BYTE), Map.entry("u8", ValueLayout.JAVA_BYTE),
            Map.entry("i16", ValueLayout.JAVA_SHORT), Map.entry("u16", ValueLayout.JAVA_SHORT),
            Map.entry("i32", ValueLayout.JAVA_INT), Map.entry("u32", ValueLayout.JAVA_INT),
            Map.entry("i64", ValueLayout.JAVA_LONG), Map.entry("u64", ValueLayout.JAVA_LONG),
            Map.entry("f32", ValueLayout.JAVA_FLOAT), Map.entry("f64", ValueLayout.JAVA_DOUBLE),
            Map.entry("bool", ValueLayout.JAVA_BOOLEAN), Map.entry("pointer", ValueLayout.ADDRESS));

    private final boolean arguments;
    private final FfmStructs structs = new FfmStructs(LAYOUTS);
    private final FfmCallbacks callbacks = new FfmCallbacks();
    private final Map<String, SymbolLookup> libraries = new ConcurrentHashMap<>();

    private Ffm(boolean arguments) {
        super(arguments ? "jdk-ffm-arguments" : "jdk-ffm", System.getProperty("java.version"), List.of("f16"),
                List.of("libraries", "collect", "loops", "threads", "errno", "callbacks", "callback-types",
                        "foreign-threads", "kept-callbacks", "by-value", "unions", "variadics"));
        this.arguments = arguments;
    }

    public static void main(String[] words) throws Exception {
        new Ffm(List.of(words).equals(List.of("arguments"))).serve();
    }

    @Override
    void open(String path) throws Unlinked {
        lookup(path);
    }

    private SymbolLookup lookup(String path) throws Unlinked {
        try {
            return libraries.computeIfAbsent(path, it -> SymbolLookup.libraryLookup(it, Arena.global()));
        } catch (IllegalArgumentException error) {
            throw new Unlinked(path + ": " + error.getMessage());
        }
    }

    @Override
    Call link(Prototype asked) throws Unlinked {
        MemorySegment function = lookup(asked.path()).find(asked.symbol())
                .orElseThrow(() -> new Unlinked(asked.path() + " has no symbol `" + asked.symbol() + "`"));
        FunctionDescriptor descriptor = structs.descriptor(asked.parameters(), asked.returns());
        MethodHandle handle;
        try {
            handle = Linker.nativeLinker().downcallHandle(function, descriptor, FfmCallbacks.options(asked));
        } catch (IllegalArgumentException refused) {
            throw new Unsupported("java.lang.foreign: " + refused.getMessage());
        }
        handle = structs.returning(asked.returns(), handle);
        int count = asked.parameters().size();
        return asked.errno() ? callbacks.keeping(call(handle, count + 1)) : call(handle, count);
    }

    @Override
    int errno() {
        return callbacks.errno();
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) {
        return FfmCallbacks.callback(structs.descriptor(parameters, returns), answer);
    }

    @Override
    Structs structs() {
        return structs;
    }

    private Call call(MethodHandle handle, int count) {
        if (arguments) {
            return handle::invokeWithArguments;
        }
        MethodHandle spread = handle.asType(MethodType.genericMethodType(count)).asSpreader(Object[].class, count);
        return it -> (Object) spread.invokeExact(it);
    }

    @Override
    Object carrier(String type, long value) {
        return switch (type) {
            case "i8", "u8" -> (byte) value;
            case "i16", "u16" -> (short) value;
            case "i32", "u32" -> (int) value;
            case "bool" -> value != 0;
            default -> value;
        };
    }

    @Override
    long number(String type, Object value) {
        long signed = super.number(type, value);
        return switch (type) {
            case "u8" -> Byte.toUnsignedLong((byte) signed);
            case "u16" -> Short.toUnsignedLong((short) signed);
            case "u32" -> Integer.toUnsignedLong((int) signed);
            default -> signed;
        };
    }

    @Override
    Object pointer(long address) {
        return MemorySegment.ofAddress(address);
    }

    @Override
    long address(Object pointer) {
        return ((MemorySegment) pointer).address();
    }

    @Override
    Object allocate(int length) {
        return Arena.ofAuto().allocate(length, 16);
    }

    @Override
    void write(Object pointer, byte[] bytes) {
        ((MemorySegment) pointer).copyFrom(MemorySegment.ofArray(bytes));
    }

    @Override
    byte[] read(Object pointer, long offset, int length) {
        return memory(pointer, offset + length).asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    long word(Object pointer, long offset) {
        return memory(pointer, offset + Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    }

    /** An address that came from native code is a segment of no bytes. */
    private static MemorySegment memory(Object pointer, long length) {
        MemorySegment segment = (MemorySegment) pointer;
        return segment.byteSize() == 0 ? segment.reinterpret(length) : segment;
    }
}
