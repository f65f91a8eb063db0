import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An HTTP server on the loopback interface, as small as the tests of downloads allow: GET only,
/// one answer per connection.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    /// With the query.
    let path: String
    /// By lower-case name.
    let headers: [String: String]
  }

  struct Response: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// The connection breaks after this many bytes of the body.
    var cutAfter: Int?
    /// The fault of the rest of the answer.
    var fault = Fault.none

    static func redirect(to address: String) -> Response {
      Response(status: 302, headers: ["Location": address])
    }
  }

  /// A fault of a server.
  enum Fault: Sendable {
    case none
    /// Nothing is sent at all, for this many seconds; then the connection ends.
    case silence(seconds: Double)
    /// The head and ``Response/cutAfter`` bytes of the body are sent, and then nothing for this
    /// many seconds.
    case stall(seconds: Double)
    /// The body without its length, repeated up to this many bytes.
    case endless(byteCount: Int)
    /// The body in parts of this many bytes, with this many seconds between them.
    case pieces(of: Int, seconds: Double)
  }

  typealias Handler = @Sendable (Request) -> Response

  let port: Int
  private let descriptor: Int32
  private let handler: Handler
  private let log = Mutex<[Request]>([])
  private let sent = Mutex(0)

  init(_ handler: @escaping Handler) throws {
    self.handler = handler
    // A client that disconnects during an answer causes an error of the write, not the end of the
    // tests.
    signal(SIGPIPE, SIG_IGN)
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(descriptor, pointer, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in serve() }
  }

  /// The address of a path on this server.
  func address(_ path: String = "") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// The requests so far.
  var requests: [Request] { log.withLock { $0 } }

  /// The bytes of endless bodies that clients have read from this server.
  var endlessBytes: Int { sent.withLock { $0 } }

  /// Accepts no more connections. The thread that accepts them closes the descriptor: closed here,
  /// its number could become another server's while that thread still accepts connections on it.
  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func serve() {
    defer { close(descriptor) }
    while true {
      let connection = accept(descriptor, nil, nil)
      if connection < 0 { return }
      Thread.detachNewThread { [self] in
        try? answer(FileHandle(fileDescriptor: connection, closeOnDealloc: true))
      }
    }
  }

  private func answer(_ connection: FileHandle) throws {
    var head = Data()
    while head.range(of: Data("\r\n\r\n".utf8)) == nil {
      guard let data = try connection.read(upToCount: 1), !data.isEmpty else { return }
      head += data
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let path = lines[0].split(separator: " ")[1]
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    let request = Request(path: String(path), headers: headers)
    log.withLock { $0.append(request) }
    let response = handler(request)
    if case .silence(let seconds) = response.fault {
      Thread.sleep(forTimeInterval: seconds)
      return
    }
    var text = "HTTP/1.1 \(response.status) X\r\n"
    var hasLength = true
    if case .endless = response.fault { hasLength = false }
    if hasLength { text += "Content-Length: \(response.body.count)\r\n" }
    for (name, value) in response.headers { text += "\(name): \(value)\r\n" }
    text += "Connection: close\r\n\r\n"
    try connection.write(contentsOf: Data(text.utf8))
    let body = Data(response.body.prefix(response.cutAfter ?? response.body.count))
    switch response.fault {
    case .endless(let byteCount):
      while sent.withLock({ $0 }) < byteCount {
        try connection.write(contentsOf: body)
        sent.withLock { $0 += body.count }
        // At most 200 MB per second, so that a client has time to disconnect.
        Thread.sleep(forTimeInterval: Double(body.count) / 2e8)
      }
    case .pieces(let byteCount, let seconds):
      for start in stride(from: 0, to: body.count, by: byteCount) {
        try connection.write(contentsOf: body[start..<min(start + byteCount, body.count)])
        Thread.sleep(forTimeInterval: seconds)
      }
    case .stall(let seconds):
      try connection.write(contentsOf: body)
      Thread.sleep(forTimeInterval: seconds)
    case .none, .silence:
      try connection.write(contentsOf: body)
    }
    try connection.close()
  }
}
