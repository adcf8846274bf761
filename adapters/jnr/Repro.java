import jnr.ffi.LibraryLoader;
import jnr.ffi.types.u_int8_t;

/**
 * JNR-FFI's stubs for x86-64 look up the type of the i-th integer argument at the i-th parameter, floats counted. So
 * they extend, or cut, an integer as another parameter has it. `./repro` compiles and runs this.
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

    public static void main(String[] words) {
        Functions functions = LibraryLoader.create(Functions.class).load(words[0]);
        System.out.printf("third(0.5, 1, 0x123456789): expected 123456789, observed %x%n",
                functions.third(0.5, 1, 0x123456789L));
        System.out.printf("sixth(1, 2, 3, 4, 5, 6): expected 6, observed %x%n",
                functions.sixth(1, 2, 3, 4, 5, 6));
        LibraryLoader.create(NoSuchFunction.class).failImmediately().load(words[0]);
        System.out.println("failImmediately: expected an UnsatisfiedLinkError, observed none");
    }
}
