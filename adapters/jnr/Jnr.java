import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.Delegate;
import jnr.ffi.types.int64_t;
import jnr.ffi.types.u_int16_t;
import jnr.ffi.types.u_int32_t;
import jnr.ffi.types.u_int64_t;
import jnr.ffi.types.u_int8_t;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
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

    private static final class Loader extends ClassLoader {
        Class<?> define(byte[] content) {
            return defineClass(null, content, 0, content.length);
        }
    }

    public static void main(String[] words) throws Exception {
        new Jnr().serve();
    }

    @Override
    String name() {
        return "jnr";
    }

    @Override
    String version() {
        Properties said = new Properties();
        try (InputStream from = LibraryLoader.class.getResourceAsStream(MAVEN)) {
            said.load(from);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return said.getProperty("version");
    }

    @Override
    void open(String path) throws Unlinked {
        load(path, Nothing.class);
    }

    private static Object load(String path, Class<?> functions) throws Unlinked {
        try {
            return LibraryLoader.create(functions).failImmediately().load(path);
        } catch (UnsatisfiedLinkError error) {
            throw new Unlinked(path + ": " + error.getMessage());
        }
    }

    @Override
    Call link(Prototype asked) throws Unlinked, Unsupported {
        boolean isVariadic = asked.fixed() != null;
        int count = isVariadic ? asked.fixed() : asked.parameters().size();
        List<String> declared = cast(asked.parameters().subList(0, count));
        String returns = (String) asked.returns();
        MethodType type = type(declared, returns);
        if (isVariadic) {
            type = type.appendParameterTypes(Object[].class);
        }
        byte[] declaration = declaration(asked.symbol(), type, declared, returns, isVariadic, false);
        Object library;
        try {
            library = load(asked.path(), new Loader().define(declaration));
        } catch (RuntimeException raised) { // The class that it has made is none. Told by each call, so as to be judged.
            return it -> {
                throw raised;
            };
        }
        Call call;
        try {
            MethodHandle handle = MethodHandles.publicLookup().bind(library, asked.symbol(), type).asFixedArity();
            MethodHandle spread = handle.asType(type.generic()).asSpreader(Object[].class, type.parameterCount());
            call = it -> {
                Object[] given = isVariadic ? collected(it, count) : it;
                return (Object) spread.invokeExact(given);
            };
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
        return asked.errno() ? keeping(call) : call;
    }

    /** The variable arguments as one, as Java has it. */
    private static Object[] collected(Object[] arguments, int fixed) {
        Object[] all = Arrays.copyOf(arguments, fixed + 1);
        all[fixed] = Arrays.copyOfRange(arguments, fixed, arguments.length);
        return all;
    }

    private static MethodType type(List<String> parameters, String returns) throws Unsupported {
        Class<?>[] types = new Class<?>[parameters.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = named(parameters.get(i)).java;
        }
        return MethodType.methodType(named(returns).java, types);
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) throws Unsupported {
        List<Object> key = List.of(parameters, returns);
        if (!CALLBACKS.containsKey(key)) {
            MethodType type = type(parameters, returns);
            CALLBACKS.put(key, new Loader().define(declaration("call", type, parameters, returns, false, true)));
        }
        Class<?> declared = CALLBACKS.get(key);
        Object called = Proxy.newProxyInstance(declared.getClassLoader(), new Class<?>[] {declared},
                (proxy, method, given) -> switch (method.getName()) {
                    case "call" -> answer.to(given == null ? new Object[0] : given);
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == given[0];
                    default -> "a function of the adapter's";
                });
        // It lives as long as the program holds on to it.
        try {
            return new Callback(pointer(declared, called), () -> Reference.reachabilityFence(called));
        } catch (RuntimeException raised) {
            throw new Unsupported("it raises " + raised);
        }
    }

    /** An interface for each type of function, as in a program. */
    private static final Map<List<Object>, Class<?>> CALLBACKS = new ConcurrentHashMap<>();

    private static <T> Pointer pointer(Class<T> declared, Object called) {
        return RUNTIME.getClosureManager().getClosurePointer(declared, declared.cast(called));
    }

    @Override
    int lastError() {
        return LastError.getLastError(RUNTIME);
    }

    @Override
    void lastError(int next) {
        LastError.setLastError(RUNTIME, next);
    }

    @Override
    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads", "errno", "set-errno", "callbacks", "callback-types",
                "foreign-threads", "kept-callbacks", "variadics");
    }

    /** What javac makes of `public interface Linked { RETURNS SYMBOL(PARAMETERS); }`. */
    private static byte[] declaration(String symbol, MethodType type, List<String> parameters, String returns,
            boolean isVariadic, boolean isDelegate) throws Unsupported {
        ClassWriter into = new ClassWriter(0);
        into.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE, "Linked", null,
                "java/lang/Object", null);
        int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | (isVariadic ? Opcodes.ACC_VARARGS : 0);
        MethodVisitor method = into.visitMethod(access, symbol, type.toMethodDescriptorString(), null, null);
        if (isDelegate) {
            method.visitAnnotation(Type.getDescriptor(Delegate.class), true).visitEnd();
        }
        if (named(returns).annotation != null) {
            method.visitAnnotation(Type.getDescriptor(named(returns).annotation), true).visitEnd();
        }
        for (int i = 0; i < parameters.size(); i++) {
            Class<?> annotation = named(parameters.get(i)).annotation;
            if (annotation != null) {
                method.visitParameterAnnotation(i, Type.getDescriptor(annotation), true).visitEnd();
            }
        }
        method.visitEnd();
        into.visitEnd();
        return into.toByteArray();
    }

    private static Named named(String type) throws Unsupported {
        Named named = TYPES.get(type);
        if (named == null) {
            throw new Unsupported("JNR-FFI has no type for " + type);
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
            case "i32", "u8", "u16":
                return (int) value;
            case "bool":
                return value != 0;
            default:
                return value;
        }
    }

    @Override
    long number(String type, Object value) {
        return value instanceof Boolean bool ? (bool ? 1 : 0) : ((Number) value).longValue();
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
