import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Structure;
import com.sun.jna.Union;

/**
 * JNA passes and returns a union by value as one of its members alone: where one is a struct of floats and one a struct
 * of integers, in the registers of floats. The psABI has the classes of all members merged, INTEGER before SSE
 * (3.2.3, Classification, step 4). `./repro` compiles and runs this.
 */
public final class Repro {
    @Structure.FieldOrder({"a", "b"})
    public static class Floats extends Structure {
        public float a;
        public float b;
    }

    @Structure.FieldOrder("w")
    public static class Word extends Structure {
        public long w;
    }

    public static class Either extends Union {
        public Word word;
        public Floats floats;

        public static class ByValue extends Either implements Structure.ByValue {}
    }

    public interface Functions extends Library {
        long word_of(Either.ByValue either, long after);

        Either.ByValue either_of(long word);
    }

    public static void main(String[] words) {
        Functions functions = Native.load(words[0], Functions.class);
        Either.ByValue either = new Either.ByValue();
        either.setType("word");
        either.word.w = 7;
        System.out.println("word_of({word: 7}, 9): expected 7, observed " + functions.word_of(either, 9));
        Either.ByValue returned = functions.either_of(7);
        returned.setType("word");
        returned.read();
        System.out.println("either_of(7): expected 7, observed " + returned.word.w);
    }
}
