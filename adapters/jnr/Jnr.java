import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Map;
import java.util.PropertyResourceBundle;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.int64_t;
import jnr.ffi.types.u_int16_t;
import jnr.ffi.types.u_int32_t;
import jnr.ffi.types.u_int64_t;
import jnr.ffi.types.u_int8_t;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Type;

/**
 * JNR-FFI, at wire level. Its users declare an interface with annotated types, from which it generates the class that
 * makes the calls. So an interface of one method is made for each function that is linked.
 */
public final class Jnr extends Wire {
    /** A Java type, and the annotation that says which C type it is; null where the Java type says it. */
    private record Named(Class<?> java, Class<?> annotation) {}

    private static final Map<String, Named> TYPES = Map.ofEntries(
            Map.entry("i8", new Named(byte.class, null)), Map.entry("u8", new Named(int.class, u_int8_t.class)),
            Map.entry("i16", new Named(short.class, null)), Map.entry("u16", new Named(int.class, u_int16_t.class)),
            Map.entry("i32", new Named(int.class, null)), Map.entry("u32", new Named(long.class, u_int32_t.class)),
            Map.entry("i64", new Named(long.class, int64_t.class)),
            Map.entry("u64", new Named(long.class, u_int64_t.class)),
            Map.entry("f32", new Named(float.class, null)), Map.entry("f64", new Named(double.class, null)),
            Map.entry("bool", new Named(boolean.class, u_int8_t.class)),
            Map.entry("pointer", new Named(Pointer.class, null)), Map.entry("void", new Named(void.class, null)));

    private static final String MAVEN = "/META-INF/maven/com.github.jnr/jnr-ffi/pom.properties";
    private static final Runtime RUNTIME = Runtime.getSystemRuntime();

    /** Of a library that is only opened. */
    public interface Nothing {}

    private Jnr() throws IOException {
        super("jnr", version(), List.of("f16"), List.of("libraries", "collect", "loops", "threads", "errno", "set-errno",
                "callbacks", "callback-types", "foreign-threads", "kept-callbacks", "variadics"));
    }

    private static String version() throws IOException {
        try (InputStream from = LibraryLoader.class.getResourceAsStream(MAVEN)) {
            return new PropertyResourceBundle(from).getString("version");
        }
    }

    public static void main(String[] words) throws Exception {
        new Jnr().serve();
    }

    @Override
    void open(String path) {
        LibraryLoader.create(Nothing.class).failImmediately().load(path);
    }

    @Override
    Call link(Prototype asked) throws Exception {
        boolean isVariadic = asked.fixed() != null;
        int count = isVariadic ? asked.fixed() : asked.parameters().size();
        List<?> named = asked.parameters().subList(0, count);
        MethodType type = type(named, asked.returns());
        if (isVariadic) {
            type = type.appendParameterTypes(Object[].class);
        }
        Class<?> declared = Declared.of(asked.symbol(), type, method -> annotate(method, named, asked.returns()));
        Object library;
        try {
            library = LibraryLoader.create(declared).failImmediately().load(asked.path());
        } catch (RuntimeException raised) { // The class that it has made is none. Told by each call, so as to be judged.
            return it -> {
                throw raised;
            };
        }
        MethodHandle handle = MethodHandles.publicLookup().bind(library, asked.symbol(), type).asFixedArity();
        MethodHandle spread = handle.asType(type.generic()).asSpreader(Object[].class, type.parameterCount());
        Call call = it -> {
            Object[] given = isVariadic ? Declared.collected(it, count) : it;
            return (Object) spread.invokeExact(given);
        };
        return asked.errno() ? keeping(call) : call;
    }

    static MethodType type(List<?> parameters, Object returns) {
        Class<?>[] taken = parameters.stream().map(it -> named(it).java).toArray(Class<?>[]::new);
        return MethodType.methodType(named(returns).java, taken);
    }

    static void annotate(MethodVisitor method, List<?> parameters, Object returns) {
        if (named(returns).annotation != null) {
            method.visitAnnotation(Type.getDescriptor(named(returns).annotation), true).visitEnd();
        }
        for (int i = 0; i < parameters.size(); i++) {
            Class<?> annotation = named(parameters.get(i)).annotation;
            if (annotation != null) {
                method.visitParameterAnnotation(i, Type.getDescriptor(annotation), true).visitEnd();
            }
        }
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) {
        return JnrCallbacks.callback(parameters, returns, answer);
    }

    @Override
    int lastError() {
        return LastError.getLastError(RUNTIME);
    }

    @Override
    void lastError(int next) {
        LastError.setLastError(RUNTIME, next);
    }

    private static Named named(Object type) {
        Named named = TYPES.get(type);
        if (named == null) {
            throw new Unsupported("JNR-FFI has no type for " + type);
        }
        return named;
    }

    @Override
    Object carrier(String type, long value) {
        return switch (type) {
            case "i8" -> (byte) value;
            case "i16" -> (short) value;
            case "i32", "u8", "u16" -> (int) value;
            case "bool" -> value != 0;
            default -> value;
        };
    }

    @Override
    Object pointer(long address) {
        return address == 0 ? null : Pointer.wrap(RUNTIME, address);
    }

    @Override
    long address(Object pointer) {
        return pointer == null ? 0 : ((Pointer) pointer).address();
    }

    @Override
    Object allocate(int length) {
        Pointer memory = Memory.allocateDirect(RUNTIME, length + 15); // it aligns to 8
        return memory.slice(-memory.address() & 15, length);
    }

    @Override
    void write(Object pointer, byte[] bytes) {
        ((Pointer) pointer).put(0, bytes, 0, bytes.length);
    }

    @Override
    byte[] read(Object pointer, long offset, int length) {
        byte[] bytes = new byte[length];
        ((Pointer) pointer).get(offset, bytes, 0, length);
        return bytes;
    }

    @Override
    long word(Object pointer, long offset) {
        return ((Pointer) pointer).getLong(offset);
    }
}
