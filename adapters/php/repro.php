<?php
// Two findings in PHP's FFI:
//
//     uint64_t: -1
//     int64_t[]: 122.4 bytes more for each pointer
//
// The first is strtoull's greatest number, read as signed. The second is a pointer that two variables hold, to which a
// number is added: zend_ffi_add puts its type into a table that is emptied when the script ends (zend_ffi_remember_type,
// "TODO: avoid dups"). With `$other = null;` there is no growth.

$c = FFI::cdef('unsigned long long strtoull(const char *, char **, int);');
echo 'uint64_t: ', $c->strtoull('18446744073709551615', null, 10), "\n";

$array = FFI::new('int64_t[4]');
$add = function () use ($array) {
    $pointer = FFI::cast('int64_t *', $array);
    $other = $pointer;
    $pointer + 1;
};
$rounds = 20000;
$add();
$before = memory_get_usage();
for ($round = 0; $round < $rounds; $round++) {
    $add();
}
gc_collect_cycles();
printf("int64_t[]: %.1f bytes more for each pointer\n", (memory_get_usage() - $before) / $rounds);
