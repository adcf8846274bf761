//! What is measured: every floor has its shape on the subject, and both do the same.

use corpus::case;
use corpus::fixtures::Fixtures;
use harness::run;
use harness::served::reference::ReferenceBinder;
use measure::{SHAPES, Work, series, worker};
use zig_lib::library::{self, Profile, Target};

#[test]
fn every_floor_is_timed_on_the_subject_for_equal_work() {
    let corpus = run::load(&case::shipped_folder()).expect("the corpus is read");
    let points = series::points().filter(|point| point.series != series::THREADS);
    let shapes = SHAPES.iter().chain(points.map(|point| &point.shape));
    let names: Vec<String> = shapes.map(|shape| shape.name.to_owned()).collect();
    let threads = series::points().filter(|point| point.series == series::THREADS);
    let threads: Vec<String> = threads.map(|point| point.shape.name.to_owned()).collect();
    let new = || Box::new(ReferenceBinder::default()) as Box<dyn subject::Subject>;
    // First, because it names the evidence page to the libraries.
    let work = Work::of(&corpus, &[&names[..], &threads[..]].concat(), Some(1));
    let measured = worker::run(&work, 1, &new).expect("every shape is bound");
    let built =
        library::build_all(Target::Host, &[Profile::Bench]).expect("the fixtures are built");
    let fixtures = Fixtures::open(&built[0].path).expect("they are opened");
    let floors: Vec<&str> = fixtures.manifest().shapes.iter().map(|shape| &*shape.name).collect();
    assert_eq!(names, floors);
    for floor in floors.into_iter().chain(threads.iter().map(String::as_str)) {
        let mut of = measured.shapes.iter().filter(|shape| shape.shape == floor).peekable();
        assert!(of.peek().is_some(), "{floor} is not measured");
        for shape in of {
            assert!(shape.samples.is_ok(), "{floor} on {}: {:?}", shape.path, shape.samples);
        }
    }
}
