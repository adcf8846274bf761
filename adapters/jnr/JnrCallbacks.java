import java.lang.ref.Reference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.Delegate;
import org.objectweb.asm.Type;

/** Functions of the host's: to JNR an interface, too, whose method is a delegate. */
final class JnrCallbacks {
    /** An interface for each type of function, as in a program. */
    private static final Map<List<Object>, Class<?>> CALLBACKS = new ConcurrentHashMap<>();

    static Wire.Callback callback(List<String> parameters, String returns, Wire.Answer answer) {
        Class<?> declared = CALLBACKS.computeIfAbsent(List.of(parameters, returns), it ->
                Declared.of("call", Jnr.type(parameters, returns), method -> {
                    method.visitAnnotation(Type.getDescriptor(Delegate.class), true).visitEnd();
                    Jnr.annotate(method, parameters, returns);
                }));
        Object called = Declared.object(declared, answer);
        // It lives as long as the program holds on to it.
        try {
            var pointer = Runtime.getSystemRuntime().getClosureManager().getClosurePointer(declared, called);
            return new Wire.Callback(pointer, () -> Reference.reachabilityFence(called));
        } catch (RuntimeException raised) {
            throw new Wire.Unsupported("it raises " + raised);
        }
    }
}
