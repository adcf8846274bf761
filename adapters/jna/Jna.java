import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Map;

/** JNA's `Function`, at wire level: a class for what returns, an object for each argument. */
public final class Jna extends Wire {
    /** RTLD_NOW alone. JNA's own default shares a library's symbols with all that is opened after it. */
    private static final Map<String, ?> APART = Map.of(Library.OPTION_OPEN_FLAGS, 2);

    /** JNA's own way to an unsigned integer: an IntegerType of that width. */
    public static class U8 extends IntegerType {
        public U8() {
            super(1, true);
        }

        U8(long value) {
            super(1, value, true);
        }
    }

    /** Two bytes, unsigned. */
    public static class U16 extends IntegerType {
        public U16() {
            super(2, true);
        }

        U16(long value) {
            super(2, value, true);
        }
    }

    /** Four bytes, unsigned. */
    public static class U32 extends IntegerType {
        public U32() {
            super(4, true);
        }

        U32(long value) {
            super(4, value, true);
        }
    }

    /** Eight bytes, unsigned. */
    public static class U64 extends IntegerType {
        public U64() {
            super(8, true);
        }

        U64(long value) {
            super(8, value, true);
        }
    }

    /** A `boolean` is JNA's for a C int, so that it has none for a bool. */
    private static final Map<String, Class<?>> CLASSES = Map.ofEntries(
            Map.entry("i8", Byte.class), Map.entry("u8", U8.class),
            Map.entry("i16", Short.class), Map.entry("u16", U16.class),
            Map.entry("i32", Integer.class), Map.entry("u32", U32.class),
            Map.entry("i64", Long.class), Map.entry("u64", U64.class),
            Map.entry("f32", Float.class), Map.entry("f64", Double.class),
            Map.entry("pointer", Pointer.class), Map.entry("void", Void.class));

    private final ThreadLocal<Integer> kept = ThreadLocal.withInitial(() -> 0);
    private final ThreadLocal<Integer> next = new ThreadLocal<>();

    public static void main(String[] words) throws Exception {
        new Jna().serve();
    }

    @Override
    String name() {
        return "jna";
    }

    @Override
    List<String> lacks() {
        return List.of("f16", "bool");
    }

    @Override
    String version() {
        return Native.VERSION;
    }

    @Override
    void open(String path) throws Unlinked {
        try {
            NativeLibrary.getInstance(path, APART);
        } catch (UnsatisfiedLinkError error) {
            throw new Unlinked(path + ": " + error.getMessage());
        }
    }

    @Override
    Call link(String path, String symbol, List<String> parameters, String returns) throws Unlinked, Unsupported {
        for (String type : parameters) {
            named(type);
        }
        Class<?> result = named(returns);
        open(path);
        try {
            var function = NativeLibrary.getInstance(path, APART).getFunction(symbol);
            return arguments -> function.invoke(result, arguments);
        } catch (UnsatisfiedLinkError error) {
            throw new Unlinked(path + ": " + error.getMessage());
        }
    }

    /** JNA keeps errno of every call, so it is asked for right behind one, and set right before. */
    @Override
    Call keeping(String path, String symbol, List<String> parameters, String returns) throws Unlinked, Unsupported {
        Call call = link(path, symbol, parameters, returns);
        return arguments -> {
            Integer told = next.get();
            if (told != null) {
                Native.setLastError(told);
                next.remove();
            }
            Object value = call.with(arguments);
            kept.set(Native.getLastError());
            return value;
        };
    }

    @Override
    int errno() {
        return kept.get();
    }

    @Override
    void errno(int told) {
        next.set(told);
    }

    @Override
    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads", "errno", "set-errno");
    }

    private static Class<?> named(String type) throws Unsupported {
        Class<?> named = CLASSES.get(type);
        if (named == null) {
            throw new Unsupported("JNA has no type for " + type);
        }
        return named;
    }

    @Override
    Object carrier(String type, long value) {
        switch (type) {
            case "i8":
                return (byte) value;
            case "i16":
                return (short) value;
            case "i32":
                return (int) value;
            case "u8":
                return new U8(value);
            case "u16":
                return new U16(value);
            case "u32":
                return new U32(value);
            case "u64":
                return new U64(value);
            default:
                return value;
        }
    }

    @Override
    long number(String type, Object value) {
        return ((Number) value).longValue();
    }

    @Override
    Object pointer(long address) {
        return new Pointer(address);
    }

    @Override
    long address(Object pointer) {
        return Pointer.nativeValue((Pointer) pointer);
    }

    @Override
    Object allocate(int length) {
        return new Memory(length); // from malloc, which aligns to 16
    }

    @Override
    void write(Object pointer, byte[] bytes) {
        ((Pointer) pointer).write(0, bytes, 0, bytes.length);
    }

    @Override
    byte[] read(Object pointer, long offset, int length) {
        return ((Pointer) pointer).getByteArray(offset, length);
    }

    @Override
    long word(Object pointer, long offset) {
        return ((Pointer) pointer).getLong(offset);
    }
}
