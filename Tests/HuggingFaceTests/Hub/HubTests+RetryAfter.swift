import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// How long the hub asks a client to wait.
extension HubTests {
  @Test("a wait that the hub requests is kept, and a long one is refused")
  func retryAfter() throws {
    let answers = Mutex(["1", "100000"])
    let hub = try TestHub(Self.small) { _ in
      answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }.map {
        Response(status: 429, headers: ["Retry-After": $0])
      }
    }
    defer { hub.server.stop() }
    let time = seconds {
      #expect(
        message { _ = try hub.fetch() }.hasSuffix(
          "the hub answers with status 429 and asks to wait 86400 s"))
    }
    #expect(time >= 1)
    #expect(hub.server.requests.count == 2)
    _ = try hub.fetch()
  }

  @Test("Retry-After in seconds and as a date")
  func retryAfterForms() throws {
    let now = Date(timeIntervalSince1970: 784_111_770)
    #expect(RetryAfter("120", now: now)?.seconds == 120)
    #expect(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", now: now)?.seconds == 7)
    #expect(RetryAfter("Sun, 06 Nov 1993 08:49:37 GMT", now: now)?.seconds == 0)
    #expect(RetryAfter("99999999999999999999", now: now)?.seconds == 86_400)
    for text in [nil, "", "soon", "-1", "1.5"] { #expect(RetryAfter(text, now: now) == nil) }
  }
}
