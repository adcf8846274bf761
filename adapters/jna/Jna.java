import com.sun.jna.CallbackReference;
import com.sun.jna.Function;
import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Union;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

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
    Call link(Prototype asked) throws Unlinked, Unsupported {
        for (Object type : asked.parameters()) {
            named(type);
        }
        Class<?> result = named(asked.returns());
        open(asked.path());
        try {
            Function function = NativeLibrary.getInstance(asked.path(), APART).getFunction(asked.symbol());
            Call call = asked.fixed() == null
                    ? arguments -> function.invoke(result, arguments)
                    : variadic(asked, result);
            return asked.errno() ? keeping(call) : call;
        } catch (UnsatisfiedLinkError error) {
            throw new Unlinked(asked.path() + ": " + error.getMessage());
        }
    }

    /** A variadic function is a method of an interface that ends in `Object...`, and nothing else. */
    private static Call variadic(Prototype asked, Class<?> result) throws Unsupported {
        int fixed = asked.fixed();
        List<Class<?>> taken = new ArrayList<>();
        for (Object type : asked.parameters().subList(0, fixed)) {
            taken.add(named(type));
        }
        MethodType type = MethodType.methodType(result, taken).unwrap().appendParameterTypes(Object[].class);
        Class<?> declared = declared(Library.class, asked.symbol(), type, Opcodes.ACC_VARARGS);
        Object library = Native.load(asked.path(), declared.asSubclass(Library.class), APART);
        Method method = declared.getMethods()[0];
        return arguments -> {
            Object[] given = Arrays.copyOf(arguments, fixed + 1);
            given[fixed] = Arrays.copyOfRange(arguments, fixed, arguments.length);
            return method.invoke(library, given);
        };
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) throws Unsupported {
        List<Class<?>> taken = new ArrayList<>();
        for (String type : parameters) {
            taken.add(named(type));
        }
        MethodType type = MethodType.methodType(named(returns), taken).unwrap();
        Class<?> declared = CALLBACKS.computeIfAbsent(type, it -> declared(com.sun.jna.Callback.class, "invoke", it, 0));
        var called = (com.sun.jna.Callback) Proxy.newProxyInstance(
                declared.getClassLoader(), new Class<?>[] {declared}, (proxy, method, given) ->
                        method.getDeclaringClass() == declared
                                ? answer.to(given == null ? new Object[0] : given)
                                : identity(proxy, method.getName(), given));
        // It lives as long as the program holds on to it.
        return new Callback(CallbackReference.getFunctionPointer(called), () -> Reference.reachabilityFence(called));
    }

    /** An interface for each type of function, as in a program. */
    private static final Map<MethodType, Class<?>> CALLBACKS = new ConcurrentHashMap<>();

    private static Object identity(Object proxy, String method, Object[] given) {
        return switch (method) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == given[0];
            default -> "a function of the adapter's";
        };
    }

    /** What javac makes of `public interface Declared extends PARENT { TYPE NAME; }`. */
    private static Class<?> declared(Class<?> parent, String name, MethodType type, int access) {
        ClassWriter into = new ClassWriter(0);
        into.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE, "Declared", null,
                "java/lang/Object", new String[] {Type.getInternalName(parent)});
        into.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | access, name, type.toMethodDescriptorString(),
                null, null).visitEnd();
        return defined(into);
    }

    private static Class<?> defined(ClassWriter from) {
        from.visitEnd();
        return new Loader().define(from.toByteArray());
    }

    private static final class Loader extends ClassLoader {
        Loader() {
            super(Jna.class.getClassLoader());
        }

        Class<?> define(byte[] content) {
            return defineClass(null, content, 0, content.length);
        }

        /** A struct's class names those within it. */
        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            return GROUPS.values().stream().filter(group -> group.getName().equals(name)).findFirst()
                    .orElseThrow(() -> new ClassNotFoundException(name));
        }
    }

    /** The classes that were made of structs and unions, and those of arrays within them. */
    private static final Map<Object, Class<?>> GROUPS = new ConcurrentHashMap<>();

    /** Of those of them that travel by value, each below the one that it is of, as JNA has it. */
    private static final Map<Object, Class<?>> VALUES = new ConcurrentHashMap<>();

    /** What the class of a struct extends. */
    public abstract static class Struct extends Structure {
        protected Struct() {
            fill(this);
        }
    }

    /** And that of a union. */
    public abstract static class Either extends Union {
        protected Either() {
            fill(this);
        }
    }

    /** Gives the arrays of a struct or union their lengths, as a program's constructor does. */
    private static void fill(Structure made) {
        GROUPS.forEach((type, group) -> {
            if (!group.isInstance(made)) {
                return;
            }
            List<?> types = within((Map<?, ?>) type);
            for (int i = 0; i < types.size(); i++) {
                if (types.get(i) instanceof Map<?, ?> map && map.containsKey("array")) {
                    Class<?> element = GROUPS.get(map).getComponentType();
                    int length = within(map).size();
                    set(made, i, Structure.class.isAssignableFrom(element)
                            ? Structure.newInstance(element.asSubclass(Structure.class)).toArray(length)
                            : Array.newInstance(element, length));
                }
            }
        });
    }

    private static void set(Structure into, int member, Object value) {
        try {
            into.getClass().getField("m" + member).set(into, value);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static Object get(Structure from, int member) {
        try {
            return from.getClass().getField("m" + member).get(from);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    /** The class of a struct, of public fields `m0`, `m1` and so on; of an array within one that of a Java array. */
    private static Class<?> group(Map<?, ?> type) throws Unsupported {
        if (type.get("array") instanceof List<?> array) {
            return MethodType.methodType(member(array.get(1))).unwrap().returnType().arrayType();
        }
        List<String> members = new ArrayList<>();
        for (Object one : within(type)) {
            members.add(MethodType.methodType(member(one)).unwrap().returnType().descriptorString());
        }
        ClassWriter into = started("Group" + GROUPS.size(), type.containsKey("union") ? Either.class : Struct.class);
        var order = into.visitAnnotation(Type.getDescriptor(Structure.FieldOrder.class), true);
        var names = order.visitArray("value");
        for (int i = 0; i < members.size(); i++) {
            into.visitField(Opcodes.ACC_PUBLIC, "m" + i, members.get(i), null, null).visitEnd();
            names.visit(null, "m" + i);
        }
        names.visitEnd();
        order.visitEnd();
        return defined(into);
    }

    /** What javac makes of `public class NAME extends PARENT implements IMPLEMENTED { …`. */
    private static ClassWriter started(String name, Class<?> parent, Class<?>... implemented) {
        ClassWriter into = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        String[] interfaces = Stream.of(implemented).map(Type::getInternalName).toArray(String[]::new);
        into.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC, name, null, Type.getInternalName(parent), interfaces);
        MethodVisitor made = into.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
        made.visitCode();
        made.visitVarInsn(Opcodes.ALOAD, 0);
        made.visitMethodInsn(Opcodes.INVOKESPECIAL, Type.getInternalName(parent), "<init>", "()V", false);
        made.visitInsn(Opcodes.RETURN);
        made.visitMaxs(0, 0);
        made.visitEnd();
        return into;
    }

    @Override
    Object composed(Map<?, ?> type, List<Object> members) {
        Structure made = Structure.newInstance(VALUES.get(type).asSubclass(Structure.class));
        write(made, type, members);
        return made;
    }

    private static void write(Structure into, Map<?, ?> type, List<Object> members) {
        List<?> types = within(type);
        for (int i = 0; i < types.size(); i++) {
            if (members.get(i) == null) {
                continue;
            }
            if (into instanceof Union union) {
                union.setType("m" + i);
            }
            if (!(types.get(i) instanceof Map<?, ?> inner)) {
                set(into, i, members.get(i));
            } else if (!inner.containsKey("array")) {
                write((Structure) get(into, i), inner, cast(members.get(i)));
            } else {
                List<Object> elements = cast(members.get(i));
                for (int at = 0; at < elements.size(); at++) {
                    if (within(inner).get(at) instanceof Map<?, ?> element) {
                        write((Structure) Array.get(get(into, i), at), element, cast(elements.get(at)));
                    } else {
                        Array.set(get(into, i), at, elements.get(at));
                    }
                }
            }
        }
    }

    @Override
    List<Object> members(Map<?, ?> type, Object value) {
        List<Object> members = new ArrayList<>();
        List<?> types = within(type);
        for (int i = 0; i < types.size(); i++) {
            Object member = value instanceof Union union ? union.readField("m" + i)
                    : value instanceof Structure structure ? get(structure, i) : Array.get(value, i);
            members.add(types.get(i) instanceof Map<?, ?> inner ? members(inner, member) : member);
        }
        return members;
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
    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads", "errno", "set-errno", "callbacks", "callback-types",
                "foreign-threads", "kept-callbacks", "by-value", "unions", "variadics");
    }

    /** The class of a type, as a parameter or a return. */
    private static Class<?> named(Object type) throws Unsupported {
        Class<?> member = member(type);
        if (!(type instanceof Map)) {
            return member;
        }
        return VALUES.computeIfAbsent(type, it ->
                defined(started(member.getName() + "ByValue", member, Structure.ByValue.class)));
    }

    /** And within a struct. */
    private static Class<?> member(Object type) throws Unsupported {
        Class<?> known = type instanceof Map ? GROUPS.get(type) : CLASSES.get(type);
        if (known != null) {
            return known;
        }
        if (!(type instanceof Map<?, ?> map)) {
            throw new Unsupported("JNA has no type for " + type);
        }
        Class<?> made = group(map);
        GROUPS.put(type, made);
        return made;
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
