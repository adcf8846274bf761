import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.Delegate;
import jnr.ffi.types.u_int32_t;
import jnr.ffi.types.u_int8_t;

/**
 * JNR-FFI's stubs for x86-64 look up the type of the i-th integer argument at the i-th parameter, floats counted. So
 * they extend, or cut, an integer as another parameter has it. Functions of Java's are given floats that were cut to
 * integers (jffi's ClosureMagazine.c assigns them to `jvalue.i`), and the JVM refuses the classes that are made of
 * those that return a uint32_t, and of variadic functions with a named boolean. `./repro`
 * compiles and runs this.
 */
public final class Repro {
    /** What the C functions are. */
    public interface Functions {
        long third(double a, @u_int8_t int b, long c);

        long sixth(long a, long b, long c, long d, long e, long f);
    }

    public interface NoSuchFunction {
        void no_such_function();
    }

    /** A C function of a double. */
    public interface OfDouble {
        @Delegate
        void call(double x);
    }

    public interface CallsOfDouble {
        void with_a_double(OfDouble f);
    }

    /** A C function that returns a uint32_t. */
    public interface ToUnsigned {
        @Delegate
        @u_int32_t
        long call();
    }

    public interface CallsToUnsigned {
        @u_int32_t
        long unsigned_of(ToUnsigned f);
    }

    public interface Variadic {
        long variadic(@u_int8_t boolean a, Object... rest);
    }

    private static void tried(String what, java.util.function.Supplier<Object> call) {
        try {
            System.out.println(what + ", observed " + call.get());
        } catch (RuntimeException error) {
            System.out.println(what + ", observed " + error.toString().lines().findFirst().orElse(""));
        }
    }

    public static void main(String[] words) {
        Functions functions = LibraryLoader.create(Functions.class).load(words[0]);
        System.out.printf("third(0.5, 1, 0x123456789): expected 123456789, observed %x%n",
                functions.third(0.5, 1, 0x123456789L));
        System.out.printf("sixth(1, 2, 3, 4, 5, 6): expected 6, observed %x%n",
                functions.sixth(1, 2, 3, 4, 5, 6));
        LibraryLoader.create(CallsOfDouble.class).load(words[0])
                .with_a_double(x -> System.out.println("with_a_double(f): expected 1.5, observed " + x));
        tried("unsigned_of(f): expected 4000000000", () ->
                LibraryLoader.create(CallsToUnsigned.class).load(words[0]).unsigned_of(() -> 4000000000L));
        tried("variadic(true, 2): expected 3", () ->
                LibraryLoader.create(Variadic.class).load(words[0]).variadic(true, 2L));
        LibraryLoader.create(NoSuchFunction.class).failImmediately().load(words[0]);
        System.out.println("failImmediately: expected an UnsatisfiedLinkError, observed none");
    }
}
