import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as the protocol has it: objects, arrays, strings, whole numbers, booleans and null. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Maps, lists, strings, longs, booleans and null. */
    static Object read(String text) {
        return new Json(text).value();
    }

    private Object value() {
        char first = next();
        switch (first) {
            case '{':
                Map<String, Object> map = new LinkedHashMap<>();
                for (char mark = peek() == '}' ? next() : ','; mark == ','; mark = next()) {
                    String key = (String) value();
                    expect(':');
                    map.put(key, value());
                }
                return map;
            case '[':
                List<Object> list = new ArrayList<>();
                for (char mark = peek() == ']' ? next() : ','; mark == ','; mark = next()) {
                    list.add(value());
                }
                return list;
            case '"':
                return string();
            case 't':
                at += "rue".length();
                return true;
            case 'f':
                at += "alse".length();
                return false;
            case 'n':
                at += "ull".length();
                return null;
            default:
                int from = at - 1;
                while (at < text.length() && Character.isDigit(text.charAt(at))) {
                    at++;
                }
                return Long.parseLong(text, from, at, 10);
        }
    }

    private String string() {
        StringBuilder into = new StringBuilder();
        for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
            if (c == '\\') {
                c = text.charAt(at++);
                int control = "bfnrt".indexOf(c);
                if (control >= 0) {
                    c = "\b\f\n\r\t".charAt(control);
                } else if (c == 'u') {
                    c = (char) Integer.parseInt(text, at, at += 4, 16);
                }
            }
            into.append(c);
        }
        return into.toString();
    }

    private char peek() {
        while (text.charAt(at) == ' ') {
            at++;
        }
        return text.charAt(at);
    }

    private char next() {
        char c = peek();
        at++;
        return c;
    }

    private void expect(char c) {
        if (next() != c) {
            throw new IllegalArgumentException("no `" + c + "` before character " + at);
        }
    }

    /** What `read` gives, and any other number, as a line of JSON. */
    static String write(Object value) {
        StringBuilder into = new StringBuilder();
        write(value, into);
        return into.toString();
    }

    private static void write(Object value, StringBuilder into) {
        if (value instanceof Map<?, ?> map) {
            String mark = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                into.append(mark);
                write(entry.getKey(), into);
                into.append(':');
                write(entry.getValue(), into);
                mark = ",";
            }
            into.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String mark = "[";
            for (Object item : list) {
                into.append(mark);
                write(item, into);
                mark = ",";
            }
            into.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            into.append('"');
            for (char c : string.toCharArray()) {
                if (c == '"' || c == '\\') {
                    into.append('\\').append(c);
                } else if (c < ' ') {
                    into.append(String.format("\\u%04x", (int) c));
                } else {
                    into.append(c);
                }
            }
            into.append('"');
        } else {
            into.append(value);
        }
    }
}
