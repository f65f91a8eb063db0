import Files
import Foundation
import JSON

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One request to the hub at a time: its address, what is answered, and when it is tried again.
extension Hub {
  /// What a repository holds at a revision.
  ///
  /// - Parameter stall: seconds without an answer after which a try has failed, where they are
  ///   fewer than usual.
  func listing(
    of repository: HubRepository, tries: Int = Hub.attemptLimit, stall: Double = .infinity
  ) throws(HubError) -> HubListing {
    let url = address("api/models/\(repository.identifier)/revision", last: repository.revision)
      .appending(queryItems: [URLQueryItem(name: "blobs", value: "true")])
    var limits = limits
    limits.stall = min(limits.stall, stall)
    limits.whole = limits.whole ?? 10 * limits.stall
    let sink = try attempt(url, limit: tries) { () throws -> HubTextSink in
      let (response, sink, isPaused) = try HubTransfer.get(
        url, token: token.bearer, limits: limits,
        into: HubTextSink(limit: HubTextSink.listingLimit))
      try check(response, sink, url, repository)
      if sink.isCut {
        throw HubError.listingTooLong(url: url.absoluteString, limit: sink.limit)
      }
      if isPaused { throw PassingFailure(reason: "the answer came faster than it could be read") }
      return sink
    }
    do {
      return try HubListing(JSONNode(parsing: sink.bytes, file: url.absoluteString))
    } catch {
      throw .listing(error)
    }
  }

  /// Says that the network is asked, before an answer that may be long in coming.
  func sayAsked(for repository: HubRepository) {
    say("asking \(endpoint.host ?? endpoint.absoluteString) for \(repository)")
  }

  /// The address of a file at a commit.
  func address(of name: String, in repository: HubRepository, at commit: String) -> URL {
    address("\(repository.identifier)/resolve/\(commit)/\(name)", last: nil)
  }

  /// An address below the endpoint. A revision may hold `/`, which then is escaped.
  private func address(_ path: String, last: String?) -> URL {
    let url = endpoint.appending(path: path)
    guard let last else { return url }
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    let escaped = last.addingPercentEncoding(withAllowedCharacters: allowed) ?? last
    return URL(string: "\(url.absoluteString)/\(escaped)") ?? url
  }

  /// One try of getting a file, from its last byte that is here.
  func get(
    _ url: URL, _ repository: HubRepository, into sink: HubFileSink
  ) throws -> HubFileSink {
    var sink = sink
    while true {
      let reached = sink.byteCount
      let (response, result, isPaused) = try HubTransfer.get(
        url, from: reached, token: token.bearer, limits: limits, into: sink)
      if response.statusCode == 416 { return result }
      try check(response, result.refusal, url, repository)
      // A server that does not support ranges begins anew each time.
      if !isPaused || result.isComplete || result.byteCount <= reached { return result }
      sink = result
    }
  }

  /// Throws what the hub refused for good; a passing failure leads to another try.
  private func check(
    _ response: HTTPURLResponse, _ text: HubTextSink, _ url: URL, _ repository: HubRepository
  ) throws {
    let header = response.value(forHTTPHeaderField: "X-Error-Message")
    let message = Self.line(header ?? Self.message(in: text.bytes))
    switch response.statusCode {
    case 200, 206: return
    case 401, 403:
      throw HubError.unauthorized(
        repository: repository.description, token: token, message: message)
    case 404, 410: throw HubError.notFound(url: url.absoluteString, message: message)
    case let status where status == 408 || status == 429 || status >= 500:
      throw PassingFailure(
        reason: "the hub answers with status \(status)",
        wait: RetryAfter(response.value(forHTTPHeaderField: "Retry-After"))?.seconds)
    case let status:
      throw HubError.refused(url: url.absoluteString, status: status, message: message)
    }
  }

  /// A server's words in one line of printable characters and of bounded length.
  private static func line(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let printable = words.unicodeScalars.filter { !$0.isControl }
    let limit = 400
    let line = String(String.UnicodeScalarView(printable.prefix(limit)))
    return printable.count > limit ? line + "..." : line
  }

  /// What the hub says of a refusal.
  private static func message(in bytes: [UInt8]) -> String {
    guard let json = try? JSON(parsing: bytes), case .object(let object) = json,
      case .string(let message)? = object["error"]
    else { return "" }
    return message
  }

  /// Tries until it works, a failure is for good, or several tries in a row brought nothing new.
  ///
  /// - Parameters:
  ///   - limit: how many tries in a row may bring nothing new.
  ///   - progress: says how much has come so far.
  func attempt<Value>(
    _ url: URL, limit: Int = Hub.attemptLimit, measuring progress: () -> Int = { 0 },
    _ body: () throws -> Value
  ) throws(HubError) -> Value {
    var delay = retryDelay
    var failures = 0
    var reached = progress()
    while true {
      let reason: String
      var wait = 0.0
      do {
        return try body()
      } catch let error as HubError {
        throw error
      } catch let error as FileError {
        throw .file(error)
      } catch let error as PassingFailure {
        reason = error.reason
        wait = error.wait ?? 0
      } catch {
        reason = Self.reason(of: error)
      }
      if progress() - reached >= Self.worthwhileBytes {
        failures = 0
        delay = retryDelay
      }
      reached = progress()
      failures += 1
      if failures == limit {
        throw .unreachable(url: url.absoluteString, reason: reason)
      }
      if wait > Self.longestWait {
        throw .unreachable(
          url: url.absoluteString, reason: "\(reason) and asks to wait \(Int(wait)) s")
      }
      if wait >= 5 { say("\(reason) and asks to wait \(Int(wait)) s: waiting") }
      Thread.sleep(forTimeInterval: max(delay, wait))
      delay *= 2
    }
  }

  /// An error of the network in one line.
  private static func reason(of error: any Error) -> String {
    (error as? URLError)?.localizedDescription ?? "\(error)"
  }

  /// Writes a small file of the cache, with the folders on its way.
  static func write(_ text: String, to url: URL) throws(HubError) {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try AtomicFile.replaceContents(of: url, with: Array(text.utf8))
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .file(FileError(path: url.path, action: "make its folder", reason: "\(error)"))
    }
  }
}

/// A failure that another try may mend.
struct PassingFailure: Error {
  let reason: String
  /// The seconds that the hub requests to wait before it.
  var wait: Double?
}
