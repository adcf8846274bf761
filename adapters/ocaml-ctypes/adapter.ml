(* OCaml's ctypes with Foreign, judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as
   it is told. Each type is ctypes' own of that width; one that it has not is unsupported, not made good. *)

open Ctypes
open Yojson.Safe.Util

exception Unsupported of string

(* A type, the value of it that a word of 64 bits stands for, the word of a value, and how the word's text
   begins and is written. *)
type kind = K : 'a typ * (int64 -> 'a) * ('a -> int64) * string * (int64 -> string) -> kind

let signed typ of_word to_word = K (typ, of_word, to_word, "", Int64.to_string)
let unsigned typ of_word to_word = K (typ, of_word, to_word, "0u", Printf.sprintf "%Lu")
let pointer_of word = ptr_of_raw_address (Int64.to_nativeint word)
let word_of pointer = Int64.of_nativeint (raw_address_of_ptr pointer)

let kinds = Unsigned.[
  "i8", signed int8_t Int64.to_int Int64.of_int; "i16", signed int16_t Int64.to_int Int64.of_int;
  "i32", signed int32_t Int64.to_int32 Int64.of_int32; "i64", signed int64_t Fun.id Fun.id;
  "u8", unsigned uint8_t UInt8.of_int64 UInt8.to_int64;
  "u16", unsigned uint16_t UInt16.of_int64 UInt16.to_int64;
  "u32", unsigned uint32_t UInt32.of_int64 UInt32.to_int64;
  "u64", unsigned uint64_t UInt64.of_int64 UInt64.to_int64;
  "bool", unsigned bool (fun word -> word <> 0L) (fun truth -> if truth then 1L else 0L);
  (* Of a NaN both conversions keep sign and payload, as C's do. *)
  "f32", K (float, (fun word -> Int32.float_of_bits (Int64.to_int32 word)),
            (fun value -> Int64.logand (Int64.of_int32 (Int32.bits_of_float value)) 0xffffffffL),
            "0x", Printf.sprintf "%08Lx");
  "f64", K (double, Int64.float_of_bits, Int64.bits_of_float, "0x", Printf.sprintf "%016Lx");
  "pointer", unsigned (ptr void) pointer_of word_of;
]

let returned = ref [] (* keeps what the words of structs that came back are the addresses of *)

(* The word of a struct is its address, from which ctypes takes its value. *)
let by_address typ of_word to_word = K (typ, of_word, to_word, "", fun _ -> failwith "no scalar")

let rec kind = function
  | `String name ->
    (try List.assoc name kinds with Not_found -> raise (Unsupported ("ctypes has no type for " ^ name)))
  | `Assoc ["array", `List [`Int length; of_]] ->
    let K (typ, _, _, _, _) = kind of_ in
    by_address (array length typ) (fun _ -> failwith "no value") (fun _ -> failwith "no value")
  | request ->
    let typ, _ = fields request in
    by_address typ (fun address -> !@ (from_voidp typ (pointer_of address)))
      (fun value -> returned := [Obj.repr value]; word_of (to_voidp (addr value)))

(* A struct as ctypes lays it out, and the offsets of its members with their types. *)
and fields request =
  let typ = structure "" in
  let field at of_ = let K (of_typ, _, _, _, _) = kind of_ in offsetof (field typ (Printf.sprintf "m%d" at) of_typ), of_ in
  let all = List.mapi field (request |> member "struct" |> to_list) in
  seal typ;
  typ, all

(* What lies within a struct or an array. *)
let parts = function
  | `Assoc ["array", `List [`Int length; of_]] ->
    let K (typ, _, _, _, _) = kind of_ in
    List.init length (fun at -> at * sizeof typ, of_)
  | request -> snd (fields request)

let within address (offset, of_) = Int64.add address (Int64.of_int offset), of_

let rec write (address, of_) value = match of_, value with
  | `String _, `String text ->
    let K (typ, of_word, _, prefix, _) = kind of_ in
    from_voidp typ (pointer_of address) <-@ of_word (Int64.of_string (prefix ^ text))
  | _ -> List.iter2 (fun part -> write (within address part)) (parts of_) (to_list value)

(* The carrier of a word, or of a struct's address. *)
let rec written of_ word = match of_ with
  | `String "void" -> `Null
  | `String _ -> let K (_, _, _, _, text) = kind of_ in `String (text word)
  | _ ->
    let read part = match within word part with
      | address, (`String _ as of_) ->
        let K (typ, _, to_word, _, _) = kind of_ in written of_ (to_word (!@ (from_voidp typ (pointer_of address))))
      | address, of_ -> written of_ address in
    `List (List.map read (parts of_))

(* What an argument is: known before the call, or of a run's earlier steps. *)
type word = Known of int64 | Asked of (unit -> int64)

let value of_word = function
  | Known word -> let value = of_word word in fun () -> value
  | Asked word -> fun () -> of_word (word ())

(* A function's type, and a call of one with arguments made ready, which gives the word that came back. *)
type prototype = P : ('a -> 'b) fn * (word list -> ('a -> 'b) -> int64) -> prototype

let rec prototype : type r. Yojson.Safe.t list -> r typ -> (r -> int64) -> prototype =
  fun parameters result to_word -> match parameters with
  | [] -> P (void @-> returning result, fun _ f -> to_word (f ()))
  | [last] ->
    let K (typ, of_word, _, _, _) = kind last in
    P (typ @-> returning result, fun words ->
        let value = value of_word (List.hd words) in
        fun f -> to_word (f (value ())))
  | first :: rest ->
    let K (typ, of_word, _, _, _) = kind first in
    let P (fn, call) = prototype rest result to_word in
    P (typ @-> fn, fun words ->
        let value = value of_word (List.hd words) and call = call (List.tl words) in
        fun f -> call (f (value ())))

(* A C function's type, and a function of OCaml's of what answers words with a word. *)
type answering = A : ('a -> 'b) fn * ((int64 list -> int64) -> 'a -> 'b) -> answering

let rec answering : type r. Yojson.Safe.t list -> r typ -> (int64 -> r) -> answering =
  fun parameters result of_word -> match parameters with
  | [] -> A (void @-> returning result, fun answer () -> of_word (answer []))
  | [last] ->
    let K (typ, _, to_word, _, _) = kind last in
    A (typ @-> returning result, fun answer value -> of_word (answer [to_word value]))
  | first :: rest ->
    let K (typ, _, to_word, _, _) = kind first in
    let A (fn, make) = answering rest result of_word in
    A (typ @-> fn, fun answer value -> make (fun words -> answer (to_word value :: words)))

type linked = { parameters : Yojson.Safe.t list; returns : Yojson.Safe.t; ready : word list -> unit -> int64 }

(* A C function that answers as it is told, and what it was called with so far, the last first. *)
type callback = { code : int64; calls : Yojson.Safe.t list ref; free : unit -> unit }
type bytes = (char, Bigarray.int8_unsigned_elt, Bigarray.c_layout) Bigarray.Array1.t
type block = { room : char ptr; address : int64; bytes : bytes }

let functions : (int, linked) Hashtbl.t = Hashtbl.create 64
let main = ref ""
let kept = ref [||] (* the memory of the last call *)

let hex (bytes : bytes) =
  String.init (2 * Bigarray.Array1.dim bytes) (fun i ->
      "0123456789abcdef".[(Char.code bytes.{i / 2} lsr (4 * (1 - i land 1))) land 15])

let digit c = Char.code c - if c <= '9' then 48 else 87

let view address length = bigarray_of_ptr array1 length Bigarray.char (from_voidp char (pointer_of address))
let place address offset = from_voidp int64_t (pointer_of (Int64.add address (Int64.of_int offset)))

let fill blocks contents =
  Array.iteri (fun n (bytes, pointers) ->
      String.iteri (fun i byte -> blocks.(n).bytes.{i} <- byte) bytes;
      List.iter (fun (offset, other) -> place blocks.(n).address offset <-@ blocks.(other).address) pointers)
    contents

let contents request =
  let content block =
    let text = block |> member "bytes" |> to_string in
    String.init (String.length text / 2) (fun i ->
        Char.chr (16 * digit text.[2 * i] + digit text.[2 * i + 1])),
    block |> member "pointers" |> to_list
    |> List.map (fun pair -> to_int (index 0 pair), to_int (index 1 pair)) in
  request |> member "blocks" |> to_list |> List.map content |> Array.of_list

let allocate contents =
  Array.map (fun (bytes, _) ->
      let length = String.length bytes in
      let room = allocate_n char ~count:(length + 15) in
      let address = Int64.logand (Int64.add (word_of (to_voidp room)) 15L) (-16L) in
      { room; address; bytes = view address length }) contents

let carried of_ text = let K (_, _, _, prefix, _) = kind of_ in Int64.of_string (prefix ^ text)

(* [again] calls the function once more that the callback was given to. *)
let callback request again =
  let parameters = request |> member "parameters" |> to_list and returns = member "returns" request in
  let answers = request |> member "answers" |> to_list |> Array.of_list in
  let calls = ref [] and lock = Mutex.create () and plain = member "plain" request = `Bool true in
  let value = match answers.(0) with `String text -> carried returns text | _ -> 0L in
  let answer words =
    if plain then value else begin
    Mutex.lock lock;
    let told = answers.(min (List.length !calls) (Array.length answers - 1)) in
    calls := `List (List.map2 written parameters words) :: !calls;
    Mutex.unlock lock;
    match told with
    | `Null -> 0L
    | `String text -> carried returns text
    | told -> again (to_list (member "again" told))
    end in
  let A (fn, make) =
    if returns = `String "void" then answering parameters void ignore
    else let K (typ, of_word, _, _, _) = kind returns in answering parameters typ of_word in
  let module Made = (val Foreign.dynamic_funptr ~runtime_lock:true ~thread_registration:true fn) in
  let made = Made.of_fun (make answer) in
  { code = word_of (coerce Made.t (ptr void) made); calls; free = fun () -> Made.free made }

let calls callback = `List (List.rev !(callback.calls))
let lent = ref [] (* to the call that is made, the last first *)
let objects : (string, callback) Hashtbl.t = Hashtbl.create 64
let number_of_objects = ref 0
let rooms = ref [] (* of the structs that it is given *)

let word blocks results of_ = function
  | `String text -> Known (carried of_ text)
  | `List _ as members ->
    let K (typ, _, _, _, _) = kind of_ in
    let room = allocate_n char ~count:(sizeof typ) in
    let address = word_of (to_voidp room) in
    rooms := room :: !rooms;
    write (address, of_) members;
    Known address
  | `Assoc ["block", `Int n] -> Known blocks.(n).address
  | `Assoc ["result", `Int k] -> Asked (fun () -> results.(k))
  | `Assoc ["word", `List [`Int n; `Int offset]] ->
    let place = place blocks.(n).address offset in Asked (fun () -> !@ place)
  | _ -> failwith "no carrier"

let made call = try call () with raised -> raise (Unsupported ("ctypes raises " ^ Printexc.to_string raised))

(* A function and its call, of a step or an `invoke`. *)
let step blocks results request =
  let linked = Hashtbl.find functions (to_int (member "function" request)) in
  let given = ref [] in
  let again carriers =
    let word of_ = function
      | `Assoc ["argument", `Int n] -> List.nth !given n
      | carrier -> word blocks results of_ carrier in
    linked.ready (List.map2 word linked.parameters carriers) () in
  let argument of_ = function
    | `Assoc ["callback", request] ->
      let made = callback request again in
      lent := made :: !lent;
      Known made.code
    | carrier -> word blocks results of_ carrier in
  given := List.map2 argument linked.parameters (to_list (member "arguments" request));
  linked, linked.ready !given

(* A script with blocks of its own. *)
type script = {
  contents : (string * (int * int) list) array; blocks : block array; results : int64 array;
  steps : (linked * (unit -> int64)) array; asked : Yojson.Safe.t;
}

let script asked =
  let contents = contents asked and steps = asked |> member "steps" |> to_list in
  let blocks = allocate contents and results = Array.make (List.length steps) 0L in
  fill blocks contents;
  { contents; blocks; results; steps = Array.of_list (List.map (step blocks results) steps); asked }

let run script = Array.iteri (fun k (_, call) -> script.results.(k) <- call ()) script.steps
let null word = if word = 0L then 0L else 1L

let outcome script =
  let value ({ returns; _ }, _) word = written returns (if returns = `String "pointer" then null word else word) in
  let shown piece = match List.map to_int (to_list piece) with
    | [block; offset; length] -> `String (hex (Bigarray.Array1.sub script.blocks.(block).bytes offset length))
    | _ -> failwith "no piece" in
  Array.to_list (Array.map2 value script.steps script.results),
  List.map shown (to_list (member "show" script.asked))

let tally tallies outcome times =
  match List.assoc_opt outcome !tallies with
  | Some count -> count := !count + times
  | None when List.length !tallies < 16 -> tallies := !tallies @ [outcome, ref times]
  | None -> let count = snd (List.nth !tallies 15) in count := !count + times

(* `looped`: each thread has scripts and tallies of its own, and begins once all are ready. *)
let loop request =
  let asked = request |> member "scripts" |> to_list and rounds = request |> member "rounds" |> to_int in
  let threads = request |> member "threads" |> to_int and n = List.length asked in
  let waiting = Atomic.make threads and looping = Atomic.make true and refused = Atomic.make None in
  let all = Array.init threads (fun _ -> Array.init n (fun _ -> ref [])) in
  let looped thread = try
      let scripts = Array.of_list (List.map script asked) in
      Atomic.decr waiting;
      while Atomic.get waiting > 0 do Thread.yield () done;
      for round = 0 to rounds - 1 do
        let at = (round + thread) mod n in
        fill scripts.(at).blocks scripts.(at).contents;
        made (fun () -> run scripts.(at));
        tally all.(thread).(at) (outcome scripts.(at)) 1
      done
    with raised -> Atomic.decr waiting; Atomic.set refused (Some raised) in
  let collector = if to_bool (member "collect" request)
    then [Thread.create (fun () -> while Atomic.get looping do Gc.full_major () done) ()] else [] in
  let others = List.init (threads - 1) (fun other -> Thread.create looped (other + 1)) in
  looped 0;
  List.iter Thread.join others;
  Atomic.set looping false;
  List.iter Thread.join collector;
  Option.iter raise (Atomic.get refused);
  let sums = Array.init n (fun _ -> ref []) in
  Array.iter (Array.iteri (fun at tallies ->
      List.iter (fun (outcome, times) -> tally sums.(at) outcome !times) !tallies)) all;
  let told ((values, shown), times) =
    `Assoc ["values", `List values; "shown", `List shown; "times", `Int !times] in
  let scripts = Array.map (fun sum -> `List (List.map told !sum)) sums in
  ["is", `String "looped"; "scripts", `List (Array.to_list scripts)]

let clock_gettime = Foreign.foreign "clock_gettime" (int @-> ptr int64_t @-> returning int)

let now () =
  let time = allocate_n int64_t ~count:2 in
  ignore (clock_gettime 1 time); (* CLOCK_MONOTONIC *)
  Int64.add (Int64.mul (!@ time) 1_000_000_000L) (!@ (time +@ 1))

let clock request =
  let rows = request |> member "rows" |> to_list |> List.map script |> Array.of_list in
  let count = request |> member "count" |> to_int in
  let began = now () in
  made (fun () -> for row = 0 to count - 1 do run rows.(row mod Array.length rows) done);
  let elapsed = Int64.sub (now ()) began in
  let bits script = function
    | `Assoc ["result", `Int k] ->
      let word = script.results.(k) in
      if (fst script.steps.(k)).returns = `String "pointer" then null word else word
    | `Assoc ["word", `List [`Int n; `Int offset]] -> !@ (place script.blocks.(n).address offset)
    | _ -> failwith "no bits" in
  let sum sum script =
    let add all one = Int64.add all (bits script one) in
    List.fold_left add (Int64.mul sum 31L) (to_list (member "bits" script.asked)) in
  let ran = Array.sub rows 0 (min count (Array.length rows)) in
  ["is", `String "benched"; "elapsed_ns", `Int (Int64.to_int elapsed);
   "checksum", `String (Printf.sprintf "%Lu" (Array.fold_left sum 0L ran))]

let told is message = ["is", `String is; "message", `String message]

let hello request =
  main := request |> member "library" |> to_string;
  ignore (Dl.dlopen ~filename:!main ~flags:[Dl.RTLD_NOW]);
  ["is", `String "ready"; "protocol", `Int 1; "name", `String "ocaml-ctypes";
   "version", `String Version.ctypes; "language", `String "OCaml"; "level", `String "wire";
   "capabilities", `List (List.map (fun word -> `String word)
      ["libraries"; "collect"; "loops"; "threads"; "callbacks"; "callback-types"; "foreign-threads"; "kept-callbacks"; "by-value"]);
   "lacks", `List [`String "f16"]]

let link request =
  let parameters = request |> member "parameters" |> to_list and returns = member "returns" request in
  let symbol = request |> member "symbol" |> to_string in
  let P (fn, call) =
    if returns = `String "void" then prototype parameters void (fun () -> 0L)
    else let K (typ, _, to_word, _, _) = kind returns in prototype parameters typ to_word in
  let filename = Option.value (request |> member "library" |> to_string_option) ~default:!main in
  (* Without its lock, so that another thread can call meanwhile. *)
  let linked () = Foreign.foreign ~release_runtime_lock:true
      ~from:(Dl.dlopen ~filename ~flags:[Dl.RTLD_NOW]) symbol fn in
  match linked () with
  | exception Dl.DL_error error ->
    told "unlinked" (Printf.sprintf "%s has no symbol `%s`: %s" filename symbol error)
  | f ->
    let number = Hashtbl.length functions in
    let ready words = let call = call words in fun () -> call f in
    Hashtbl.add functions number { parameters; returns; ready };
    ["is", `String "bound"; "function", `Int number]

let invoke request =
  let contents = contents request in
  kept := allocate contents;
  fill !kept contents;
  lent := []; rooms := [];
  let linked, call = step !kept [||] request in
  let value = made call in
  let value = written linked.returns value and calls = List.rev_map calls !lent in
  List.iter (fun callback -> callback.free ()) !lent;
  let blocks = Array.to_list (Array.map (fun block -> `String (hex block.bytes)) !kept) in
  ["is", `String "returned"; "value", value; "blocks", `List blocks; "calls", `List calls]

let peek request =
  let address = Int64.of_string ("0u" ^ to_string (member "address" request)) in
  ["is", `String "memory"; "bytes", `String (hex (view address (to_int (member "length" request))))]

let make_address request =
  let made = callback request (fun _ -> failwith "it was given to no call") in
  let number = string_of_int !number_of_objects in
  incr number_of_objects;
  Hashtbl.add objects number made;
  ["is", `String "made"; "kept", `String number; "address", `String (Printf.sprintf "%Lu" made.code)]

let object_of request = Hashtbl.find objects (to_string (member "kept" request))

let release request =
  (object_of request).free ();
  Hashtbl.remove objects (to_string (member "kept" request));
  ["is", `String "done"]

let answer request = match request |> member "do" |> to_string with
  | "hello" -> hello request
  | "link" -> link request
  | "invoke" -> invoke request
  | "peek" -> peek request
  | "make-address" -> make_address request
  | "heard" -> ["is", `String "heard"; "calls", calls (object_of request)]
  | "release" -> release request
  | "loop" -> loop request
  | "clock" -> clock request
  | "collect" -> Gc.full_major (); ["is", `String "done"]
  | "stop" -> ["is", `String "done"]
  | other -> failwith ("it does not serve " ^ other)

let rec converse () = match input_line stdin with
  | exception End_of_file -> ()
  | line ->
    let request = Yojson.Safe.from_string line in
    let reply = try answer request with
      | Unsupported message | Ctypes.Unsupported message -> told "unsupported" message
      | raised -> told "adapter-error" (Printexc.to_string raised) in
    print_endline (Yojson.Safe.to_string (`Assoc (("id", member "id" request) :: reply)));
    if member "do" request <> `String "stop" then converse ()

let () = converse ()
