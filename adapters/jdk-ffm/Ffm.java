import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The JDK's Foreign Function and Memory API (java.lang.foreign), at wire level. A handle is adapted once, when it is
 * linked, and invoked exactly; with the argument `arguments` it is left as it is and called by `invokeWithArguments`.
 */
final class Ffm extends Wire {
    /** The layouts of `Linker`'s own table, which models an unsigned integer as the signed one of its width. */
    private static final Map<String, ValueLayout> LAYOUTS = Map.ofEntries(
            Map.entry("i8", ValueLayout.JAVA_BYTE), Map.entry("u8", ValueLayout.JAVA_BYTE),
            Map.entry("i16", ValueLayout.JAVA_SHORT), Map.entry("u16", ValueLayout.JAVA_SHORT),
            Map.entry("i32", ValueLayout.JAVA_INT), Map.entry("u32", ValueLayout.JAVA_INT),
            Map.entry("i64", ValueLayout.JAVA_LONG), Map.entry("u64", ValueLayout.JAVA_LONG),
            Map.entry("f32", ValueLayout.JAVA_FLOAT), Map.entry("f64", ValueLayout.JAVA_DOUBLE),
            Map.entry("bool", ValueLayout.JAVA_BOOLEAN), Map.entry("pointer", ValueLayout.ADDRESS));

    /** What calls leave in errno, of the thread that makes them: as Java has it, they are given memory for it. */
    private static final MemoryLayout LEFT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = LEFT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final ThreadLocal<MemorySegment> left = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(LEFT));

    private final boolean arguments;
    private final Map<String, SymbolLookup> libraries = new ConcurrentHashMap<>();

    private Ffm(boolean arguments) {
        this.arguments = arguments;
    }

    public static void main(String[] words) throws Exception {
        new Ffm(List.of(words).equals(List.of("arguments"))).serve();
    }

    @Override
    String name() {
        return arguments ? "jdk-ffm-arguments" : "jdk-ffm";
    }

    @Override
    String version() {
        return System.getProperty("java.version");
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
    Call link(String path, String symbol, List<String> parameters, String returns) throws Unlinked, Unsupported {
        return call(handle(path, symbol, parameters, returns), parameters.size());
    }

    @Override
    Call keeping(String path, String symbol, List<String> parameters, String returns) throws Unlinked, Unsupported {
        var option = Linker.Option.captureCallState("errno");
        Call call = call(handle(path, symbol, parameters, returns, option), parameters.size() + 1);
        return it -> {
            Object[] all = new Object[it.length + 1];
            all[0] = left.get();
            System.arraycopy(it, 0, all, 1, it.length);
            return call.with(all);
        };
    }

    @Override
    int errno() {
        return (int) ERRNO.get(left.get(), 0L);
    }

    @Override
    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads", "errno");
    }

    private MethodHandle handle(
            String path, String symbol, List<String> parameters, String returns, Linker.Option... options)
            throws Unlinked, Unsupported {
        MemoryLayout[] layouts = new MemoryLayout[parameters.size()];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = layout(parameters.get(i));
        }
        FunctionDescriptor descriptor = returns.equals("void")
                ? FunctionDescriptor.ofVoid(layouts)
                : FunctionDescriptor.of(layout(returns), layouts);
        MemorySegment function = lookup(path).find(symbol)
                .orElseThrow(() -> new Unlinked(path + " has no symbol `" + symbol + "`"));
        return Linker.nativeLinker().downcallHandle(function, descriptor, options);
    }

    private Call call(MethodHandle handle, int count) {
        if (arguments) {
            return handle::invokeWithArguments;
        }
        MethodHandle spread = handle.asType(MethodType.genericMethodType(count)).asSpreader(Object[].class, count);
        return it -> (Object) spread.invokeExact(it);
    }

    private static ValueLayout layout(String type) throws Unsupported {
        ValueLayout layout = LAYOUTS.get(type);
        if (layout == null) {
            throw new Unsupported("java.lang.foreign has no type for " + type);
        }
        return layout;
    }

    @Override
    Object carrier(String type, long value) {
        switch (type) {
            case "i8", "u8":
                return (byte) value;
            case "i16", "u16":
                return (short) value;
            case "i32", "u32":
                return (int) value;
            case "bool":
                return value != 0;
            default:
                return value;
        }
    }

    @Override
    long number(String type, Object value) {
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        long signed = ((Number) value).longValue();
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
