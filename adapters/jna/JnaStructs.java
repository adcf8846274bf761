import com.sun.jna.Structure;
import com.sun.jna.Union;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Structs and unions by value as JNA has them: classes of public fields, which are Java arrays where C has arrays. */
public final class JnaStructs implements Wire.Structs {
    /** The classes that were made of structs and unions, and those of arrays within them. */
    private static final Map<Object, Class<?>> GROUPS = new ConcurrentHashMap<>();

    /** Of those of them that travel by value, each below the one that it is of, as JNA has it. */
    private static final Map<Object, Class<?>> VALUES = new ConcurrentHashMap<>();

    /** Of them all: a struct's class names those within it. */
    private static final Declared.Loader LOADER = new Declared.Loader();

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
            List<?> types = Wire.within((Map<?, ?>) type);
            for (int i = 0; i < types.size(); i++) {
                if (types.get(i) instanceof Map<?, ?> map && map.containsKey("array")) {
                    Class<?> element = GROUPS.get(map).getComponentType();
                    int length = Wire.within(map).size();
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

    /** The class of one as a parameter or a return. */
    static Class<?> byValue(Map<?, ?> type) {
        Class<?> group = member(type);
        return VALUES.computeIfAbsent(type, it ->
                LOADER.define(started(group.getName() + "ByValue", group, Structure.ByValue.class)));
    }

    /** And of what is within one, in which a number is one of Java's. */
    private static Class<?> member(Object type) {
        if (!(type instanceof Map<?, ?> group)) {
            return MethodType.methodType(Jna.named(type)).unwrap().returnType();
        }
        if (!GROUPS.containsKey(group)) {
            GROUPS.put(group, group(group));
        }
        return GROUPS.get(group);
    }

    /** The class of a struct, of public fields `m0`, `m1` and so on; of an array within one that of a Java array. */
    private static Class<?> group(Map<?, ?> type) {
        if (type.get("array") instanceof List<?> array) {
            return member(array.get(1)).arrayType();
        }
        List<String> members = Wire.within(type).stream().map(one -> member(one).descriptorString()).toList();
        ClassWriter into = started("Group" + GROUPS.size(), type.containsKey("union") ? Either.class : Struct.class);
        var order = into.visitAnnotation(Type.getDescriptor(Structure.FieldOrder.class), true);
        var names = order.visitArray("value");
        for (int i = 0; i < members.size(); i++) {
            into.visitField(Opcodes.ACC_PUBLIC, "m" + i, members.get(i), null, null).visitEnd();
            names.visit(null, "m" + i);
        }
        names.visitEnd();
        order.visitEnd();
        return LOADER.define(into);
    }

    /** What javac makes of `public class NAME extends PARENT implements IMPLEMENTED { …`. */
    private static ClassWriter started(String name, Class<?> parent, Class<?>... implemented) {
        ClassWriter into = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        into.visit(Opcodes.V1_8, Opcodes.ACC_PUBLIC, name, null, Type.getInternalName(parent), Declared.names(implemented));
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
    public Object made(Map<?, ?> type) {
        return Structure.newInstance(VALUES.get(type).asSubclass(Structure.class));
    }

    @Override
    public Object get(Object of, Map<?, ?> type, int at) {
        return of instanceof Union union ? union.readField("m" + at)
                : of instanceof Structure structure ? get(structure, at) : Array.get(of, at);
    }

    @Override
    public void set(Object of, Map<?, ?> type, int at, Object scalar) {
        if (of instanceof Union union) {
            union.setType("m" + at);
        }
        if (of instanceof Structure structure) {
            set(structure, at, scalar);
        } else {
            Array.set(of, at, scalar);
        }
    }
}
