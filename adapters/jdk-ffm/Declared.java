import java.lang.invoke.MethodType;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** What programs declare for libraries that go by interfaces (JNA, JNR): made with ASM, as javac would make it. */
final class Declared {
    static final class Loader extends ClassLoader {
        Class<?> define(ClassWriter written) {
            written.visitEnd();
            byte[] content = written.toByteArray();
            return defineClass(null, content, 0, content.length);
        }
    }

    /** `public interface Linked extends PARENTS { TYPE METHOD; }`, where an array at the end is `Object...`. */
    static Class<?> of(String method, MethodType type, Consumer<MethodVisitor> annotate, Class<?>... parents) {
        ClassWriter into = new ClassWriter(0);
        into.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE, "Linked", null,
                "java/lang/Object", names(parents));
        int varargs = type.lastParameterType().isArray() ? Opcodes.ACC_VARARGS : 0;
        MethodVisitor only = into.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | varargs, method,
                type.toMethodDescriptorString(), null, null);
        annotate.accept(only);
        only.visitEnd();
        return new Loader().define(into);
    }

    static String[] names(Class<?>... classes) {
        return Stream.of(classes).map(Type::getInternalName).toArray(String[]::new);
    }

    /** An object of such an interface, whose method is this function. */
    static Object object(Class<?> declared, Wire.Answer answer) {
        return Proxy.newProxyInstance(declared.getClassLoader(), new Class<?>[] {declared}, (proxy, method, given) ->
                method.getDeclaringClass() == declared
                        ? answer.to(given == null ? new Object[0] : given)
                        : switch (method.getName()) {
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "equals" -> proxy == given[0];
                            default -> "a function of the adapter's";
                        });
    }

    /** The variable arguments of a call as one, as Java has it. */
    static Object[] collected(Object[] arguments, int fixed) {
        Object[] all = Arrays.copyOf(arguments, fixed + 1);
        all[fixed] = Arrays.copyOfRange(arguments, fixed, arguments.length);
        return all;
    }
}
