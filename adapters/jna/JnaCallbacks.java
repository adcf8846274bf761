import com.sun.jna.CallbackReference;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What a program of JNA's declares as interfaces: functions of its own, and variadic ones of a library. */
final class JnaCallbacks {
    /** An interface for each type of function, as in a program. */
    private static final Map<MethodType, Class<?>> CALLBACKS = new ConcurrentHashMap<>();

    static Wire.Callback callback(MethodType type, Wire.Answer answer) {
        Class<?> declared = CALLBACKS.computeIfAbsent(type.unwrap(), it ->
                Declared.of("invoke", it, method -> {}, com.sun.jna.Callback.class));
        var called = (com.sun.jna.Callback) Declared.object(declared, answer);
        // It lives as long as the program holds on to it.
        return new Wire.Callback(CallbackReference.getFunctionPointer(called), () -> Reference.reachabilityFence(called));
    }

    /** A variadic function is a method that ends in `Object...`, and nothing else. */
    static Wire.Call variadic(Wire.Prototype asked, MethodType all) {
        int fixed = asked.fixed();
        MethodType type = all.dropParameterTypes(fixed, all.parameterCount()).appendParameterTypes(Object[].class);
        Class<?> declared = Declared.of(asked.symbol(), type.unwrap(), it -> {}, Library.class);
        Object library = Native.load(asked.path(), declared.asSubclass(Library.class), Jna.APART);
        Method method = declared.getMethods()[0];
        return arguments -> method.invoke(library, Declared.collected(arguments, fixed));
    }
}
