use super::*;

/// A binder of three functions: 0 adds one, 1 gives a handle, 2 a stream of two items; what is
/// no long is refused.
#[derive(Default)]
struct Counting {
    handles: u64,
    left: u64,
    closed: u64,
}

impl Calls for Counting {
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        let outcome = match (function.0, arguments) {
            (0, [HostValue::Long(value)]) => Outcome::Value(HostValue::Long(value + 1)),
            (1, []) => {
                self.handles += 1;
                Outcome::Value(HostValue::Handle(Token(self.handles)))
            }
            (2, []) => {
                self.left = 2;
                Outcome::Value(HostValue::Stream(Token(0)))
            }
            _ => Outcome::Refused(Some("type-mismatch".into())),
        };
        Ok(CallReply::of(outcome))
    }

    fn next(&mut self, _: Token) -> Result<Pull, SubjectFault> {
        if self.left == 0 {
            return Ok(Pull::End);
        }
        self.left -= 1;
        Ok(Pull::Item(HostValue::Long(self.left as i64)))
    }

    fn close(&mut self, _: Token) -> Result<(), SubjectFault> {
        self.closed += 1;
        Ok(())
    }
}

fn step(function: usize, arguments: Vec<ScriptArgument>, take: Option<usize>) -> ScriptStep {
    ScriptStep { function: BoundId(function), arguments, take }
}

fn counted(tally: &Tally) -> Vec<(Outcome, u64)> {
    tally.replies.iter().map(|(reply, times)| (reply.outcome.clone(), *times)).collect()
}

#[test]
fn repeated_steps_see_the_results_of_their_own_run() {
    let one = ScriptArgument::Value(HostValue::Long(1));
    let scripts = [
        Script {
            steps: vec![
                step(0, vec![one], None),
                step(1, vec![], None),
                step(0, vec![ScriptArgument::Result(0)], None),
                step(0, vec![ScriptArgument::Result(1)], None),
                step(0, vec![ScriptArgument::Result(3)], None),
            ],
        },
        Script { steps: vec![step(2, vec![], Some(1)), step(2, vec![], None)] },
    ];
    let request = RepeatRequest {
        scripts: &scripts,
        rounds: 5,
        threads: 1,
        collect: false,
        stand_ins: false,
    };
    let mut calls = Counting::default();
    let tallies = repeat(&mut calls, &request, 0).expect("it answers");
    let long = |value| Outcome::Value(HostValue::Long(value));
    let refused = Outcome::Refused(Some("type-mismatch".into()));
    assert_eq!(counted(&tallies[0][0]), [(long(2), 3)]);
    // A handle is named by the step that gave it, whatever its own token is.
    assert_eq!(counted(&tallies[0][1]), [(Outcome::Value(HostValue::Handle(Token(1))), 3)]);
    assert_eq!(counted(&tallies[0][2]), [(long(3), 3)]);
    assert_eq!(counted(&tallies[0][3]), [(refused.clone(), 3)]);
    assert_eq!(counted(&tallies[0][4]), [(refused, 3)]);
    let items = |items: &[i64]| {
        Outcome::Value(HostValue::Vector(items.iter().copied().map(HostValue::Long).collect()))
    };
    assert_eq!(counted(&tallies[1][0]), [(items(&[1]), 2)]);
    assert_eq!(counted(&tallies[1][1]), [(items(&[1, 0]), 2)]);
    assert_eq!(calls.closed, 4);
}

#[test]
fn threads_share_a_request_and_add_up() {
    let one = ScriptArgument::Value(HostValue::Long(1));
    let scripts = [Script { steps: vec![step(0, vec![one], None)] }, Script { steps: Vec::new() }];
    let request = RepeatRequest {
        scripts: &scripts,
        rounds: 7,
        threads: 3,
        collect: false,
        stand_ins: false,
    };
    let each = |thread| repeat(&mut Counting::default(), &request, thread);
    let reply = on_threads(3, each).expect("they answer");
    let times: u64 = reply.scripts[0][0].replies.iter().map(|(_, times)| times).sum();
    assert_eq!(times, request.runs(0));
    let row = vec![HostValue::Long(4)];
    let request = RaceRequest { function: BoundId(0), rows: &[row], threads: 3 };
    let raced = race(&request, Counting::default).expect("they answer");
    assert_eq!(raced.rows, [vec![raced.rows[0][0].clone(); 3]]);
}

#[test]
fn a_bench_folds_the_first_result_of_each_row() {
    let value = |value| ScriptArgument::Value(HostValue::Long(value));
    let row = |value_of| Script {
        steps: vec![
            step(0, vec![value(value_of)], None),
            step(0, vec![ScriptArgument::Result(1)], None),
        ],
    };
    let setup = Script { steps: vec![step(1, vec![], None)] };
    let rows = [row(1), row(4)];
    let request =
        BenchRequest { setup: &setup, rows: &rows, count: 3, placement: 0, keywords: &[] };
    let reply = bench(&mut Counting::default(), &request).expect("it answers");
    assert_eq!(reply.checksum, (2 * 31 + 5) * 31 + 2);
    let refused = [row(1), Script { steps: vec![step(1, vec![value(1)], None)] }];
    let request = BenchRequest { rows: &refused, ..request };
    assert!(bench(&mut Counting::default(), &request).is_err());
}

#[test]
fn a_bench_fetches_a_stream_to_its_end_and_folds_the_sum() {
    let rows = [Script { steps: vec![step(2, vec![], None)] }];
    let setup = Script { steps: Vec::new() };
    let request =
        BenchRequest { setup: &setup, rows: &rows, count: 2, placement: 0, keywords: &[] };
    let mut calls = Counting::default();
    let reply = bench(&mut calls, &request).expect("it answers");
    // Two on the clock, and one for the checksum.
    assert_eq!((reply.checksum, calls.closed, calls.left), (31 + 1, 3, 0));
}

#[test]
fn a_collector_runs_until_the_calls_have_ended() {
    let collections = AtomicUsize::new(0);
    let collect = || _ = collections.fetch_add(1, Ordering::Relaxed);
    let came = collecting(collect, || {
        while collections.load(Ordering::Relaxed) < 3 {
            std::thread::yield_now();
        }
        7
    });
    assert_eq!(came, 7);
}

#[test]
fn a_checksum_of_many_rows_is_that_of_one_after_the_other() {
    let rows = [3, 1 << 63, u64::MAX, 7, 0];
    for count in [0, 1, 4, 5, 6, 17, 1000, 1003] {
        let bits = (0..count).map(|at| rows[at % rows.len()]);
        let slowly = bits.fold(0_u64, |sum, bits| sum.wrapping_mul(31).wrapping_add(bits));
        assert_eq!(checksum(&rows, count as u64), slowly, "{count}");
    }
}
