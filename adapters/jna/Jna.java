import com.sun.jna.Function;
import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Map;

/** JNA's `Function`, at wire level: a class for what returns, an object for each argument. */
public final class Jna extends Wire {
    /** RTLD_NOW alone. JNA's own default shares a library's symbols with all that is opened after it. */
    static final Map<String, ?> APART = Map.of(Library.OPTION_OPEN_FLAGS, 2);

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

    private final Structs structs = new JnaStructs();

    private Jna() {
        super("jna", Native.VERSION, List.of("f16", "bool"),
                List.of("libraries", "collect", "loops", "threads", "errno", "set-errno", "callbacks", "callback-types",
                        "foreign-threads", "kept-callbacks", "by-value", "unions", "variadics"));
    }

    public static void main(String[] words) throws Exception {
        new Jna().serve();
    }

    @Override
    void open(String path) {
        NativeLibrary.getInstance(path, APART);
    }

    @Override
    Call link(Prototype asked) {
        MethodType type = type(asked.parameters(), asked.returns());
        Class<?> result = type.returnType();
        Function function = NativeLibrary.getInstance(asked.path(), APART).getFunction(asked.symbol());
        Call call = asked.fixed() == null
                ? arguments -> function.invoke(result, arguments)
                : JnaCallbacks.variadic(asked, type);
        return asked.errno() ? keeping(call) : call;
    }

    private static MethodType type(List<?> parameters, Object returns) {
        Class<?>[] taken = parameters.stream().map(Jna::named).toArray(Class<?>[]::new);
        return MethodType.methodType(named(returns), taken);
    }

    /** The class of a type, as a parameter or a return. */
    static Class<?> named(Object type) {
        Class<?> known = type instanceof Map<?, ?> group ? JnaStructs.byValue(group) : CLASSES.get(type);
        if (known == null) {
            throw new Unsupported("JNA has no type for " + type);
        }
        return known;
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) {
        return JnaCallbacks.callback(type(parameters, returns), answer);
    }

    @Override
    Structs structs() {
        return structs;
    }

    @Override
    int lastError() {
        return Native.getLastError();
    }

    @Override
    void lastError(int next) {
        Native.setLastError(next);
    }

    @Override
    Object carrier(String type, long value) {
        return switch (type) {
            case "i8" -> (byte) value;
            case "i16" -> (short) value;
            case "i32" -> (int) value;
            case "u8" -> new U8(value);
            case "u16" -> new U16(value);
            case "u32" -> new U32(value);
            case "u64" -> new U64(value);
            default -> value;
        };
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
