import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An HTTP server on the loopback interface, as small as the tests of downloads allow: GET only,
/// one answer a connection.
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
    /// The connection breaks after so many bytes of the body.
    var cutAfter: Int?

    static func redirect(to address: String) -> Response {
      Response(status: 302, headers: ["Location": address])
    }
  }

  typealias Handler = @Sendable (Request) -> Response

  let port: Int
  private let descriptor: Int32
  private let handler: Handler
  private let log = Mutex<[Request]>([])

  init(_ handler: @escaping Handler) throws {
    self.handler = handler
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

  /// Takes no more connections. The thread that accepts them closes the descriptor: closed here, its
  /// number could become another server's while that thread still asks it for connections.
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
    var text = "HTTP/1.1 \(response.status) X\r\nContent-Length: \(response.body.count)\r\n"
    for (name, value) in response.headers { text += "\(name): \(value)\r\n" }
    text += "Connection: close\r\n\r\n"
    try connection.write(contentsOf: Data(text.utf8))
    try connection.write(
      contentsOf: Data(response.body.prefix(response.cutAfter ?? response.body.count)))
    try connection.close()
  }
}
