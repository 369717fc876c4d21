;; The inner loop of the chunker: looks for a byte after which the gear hash has zeros where the mask has ones (C2).
;; The memory begins with the gear table: 256 words, little-endian. gear-scan.ts carries this module as bytes; a test makes them anew.
(module
  (import "chunker" "memory" (memory 1 65536 shared))
  ;; The hash after the last byte that was looked at.
  (global $hash (export "hash") (mut i32) (i32.const 0))

  ;; The hash of the bytes from $at to $end, begun with $h.
  (func $warm (export "warm") (param $at i32) (param $end i32) (param $h i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $h))

  ;; Behind the first byte from $at to $end where the hash fits the mask; 0 when there is none. Four bytes a turn.
  (func (export "scan") (param $at i32) (param $end i32) (param $h i32) (param $mask i32) (result i32)
    (local $last i32)
    (local.set $last (i32.sub (local.get $end) (i32.const 4)))
    (block $tail
      (loop $four
        (br_if $tail (i32.gt_s (local.get $at) (local.get $last)))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
        (if (i32.eqz (i32.and (local.get $h) (local.get $mask))) (then
          (global.set $hash (local.get $h))
          (return (i32.add (local.get $at) (i32.const 1)))))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=1 (local.get $at)) (i32.const 2)))))
        (if (i32.eqz (i32.and (local.get $h) (local.get $mask))) (then
          (global.set $hash (local.get $h))
          (return (i32.add (local.get $at) (i32.const 2)))))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=2 (local.get $at)) (i32.const 2)))))
        (if (i32.eqz (i32.and (local.get $h) (local.get $mask))) (then
          (global.set $hash (local.get $h))
          (return (i32.add (local.get $at) (i32.const 3)))))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=3 (local.get $at)) (i32.const 2)))))
        (if (i32.eqz (i32.and (local.get $h) (local.get $mask))) (then
          (global.set $hash (local.get $h))
          (return (i32.add (local.get $at) (i32.const 4)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $four)))
    (block $done
      (loop $one
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $h (i32.add
          (i32.shl (local.get $h) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.eqz (i32.and (local.get $h) (local.get $mask))) (then
          (global.set $hash (local.get $h))
          (return (local.get $at))))
        (br $one)))
    (global.set $hash (local.get $h))
    (i32.const 0)))
