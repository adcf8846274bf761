;; A stream can be reduced again after its end, when its iterator was freed: `next` is called on that. Here the memory
;; stays where it is and says so; where it was given back, this reads what is somebody else's by then.
(require '[clj-zig.core :refer [defnz deftypez defz]])

(deftypez Countdown [left :i64 freed :bool]
  {:clj-zig/iter {:next "countdown_next" :deinit "countdown_deinit"}})

(defz countdown-impl
  "pub fn countdown_next(self: *Countdown) ?i64 {
       if (self.left == 0) return null;
       defer self.left -= 1;
       return if (self.freed) -1 else self.left;
   }
   pub fn countdown_deinit(self: *Countdown) void {
       self.* = .{ .left = 1, .freed = true };
   }")

(defnz countdown [n :i64 :ret [:stream :i64 of Countdown]]
  "const it = std.heap.c_allocator.create(Countdown) catch @panic(\"no memory\");
   it.* = .{ .left = n, .freed = false };
   return it;")

(def three (countdown 3))
(println "expected [3 2 1], got" (into [] three))
(println "expected a refusal or [], got" (into [] three))
