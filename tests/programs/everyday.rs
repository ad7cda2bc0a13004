// Threads, channels, files, children, sockets and a panic, printed one by one.
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    sync::{mpsc, Arc, Condvar, Mutex},
    thread,
    time::Duration,
};
fn main() {
    let m = Arc::new((Mutex::new(0), Condvar::new()));
    let h: Vec<_> = (0..8)
        .map(|_| {
            let m = m.clone();
            thread::spawn(move || {
                for _ in 0..10000 {
                    *m.0.lock().unwrap() += 1
                }
                m.1.notify_all();
            })
        })
        .collect();
    for x in h {
        x.join().unwrap()
    }
    println!("{}", m.0.lock().unwrap());
    let (t, r) = mpsc::channel();
    for i in 0..4 {
        let t = t.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(i * 5));
            t.send(i).unwrap()
        });
    }
    drop(t);
    println!("{:?}", r.iter().collect::<Vec<_>>());
    let d = std::env::temp_dir().join(format!("rs{}", std::process::id()));
    fs::create_dir_all(d.join("a/b")).unwrap();
    fs::write(d.join("f"), vec![1u8; 100000]).unwrap();
    println!("{}", fs::copy(d.join("f"), d.join("g")).unwrap());
    fs::rename(d.join("g"), d.join("h")).unwrap();
    let mut n: Vec<_> = fs::read_dir(&d)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    n.sort();
    println!("{:?}", n);
    fs::remove_dir_all(&d).unwrap();
    let mut c = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    c.stdin.take().unwrap().write_all(b"hi").unwrap();
    println!("{:?}", c.wait_with_output().unwrap());
    println!(
        "{:?}",
        Command::new("/nope")
            .spawn()
            .map(|_| ())
            .unwrap_err()
            .kind()
    );
    let (mut a, mut b) = UnixStream::pair().unwrap();
    a.write_all(b"unix").unwrap();
    drop(a);
    let mut s = String::new();
    b.read_to_string(&mut s).unwrap();
    println!("{s}");
    let l = TcpListener::bind("127.0.0.1:0").unwrap();
    let ad = l.local_addr().unwrap();
    let h = thread::spawn(move || {
        let mut s = TcpStream::connect(ad).unwrap();
        s.write_all(b"tcp").unwrap()
    });
    let (mut s, _) = l.accept().unwrap();
    let mut v = vec![];
    s.read_to_end(&mut v).unwrap();
    h.join().unwrap();
    println!("{}", v.len());
    println!(
        "{:?}",
        std::panic::catch_unwind(|| { panic!("boom") }).is_err()
    );
    println!("{}", thread::available_parallelism().unwrap().get() > 0);
}
