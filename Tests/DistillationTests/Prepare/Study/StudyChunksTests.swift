import Compute
import Testing

@testable import Distillation

/// From which parts of a context questions are written.
@Suite struct StudyChunksTests {
  /// 200 paragraphs of 5 words each.
  private let units = ContextUnits(
    (0..<200).map { "This is paragraph number \($0).\n\n" }.joined(), limit: 5
  ) { (text) throws(Never) in text.split(whereSeparator: \.isWhitespace).count }

  private func chunks(_ lengths: ClosedRange<Int>, heldOut: Double = 0.1, seed: UInt64 = 1)
    -> StudyChunks
  {
    StudyChunks(units, lengths: lengths, heldOutShare: heldOut, seed: seed)
  }

  private func drawn(_ chunks: StudyChunks, _ part: StudyChunks.Part, count: Int = 300)
    -> [StudyChunks.Chunk]
  {
    var random = SplitMix64(seed: 7)
    return (0..<count).map { _ in chunks.draw(part, &random) }
  }

  @Test func chunksAreOfTheLengthsAndBeginAtUnits() {
    let whole = units.text(of: 0..<200)
    let starts = Set(units.units.map(\.bytes.lowerBound))
    let found = drawn(chunks(40...90, heldOut: 0), .training)
    for chunk in found {
      let words = chunk.text.split(whereSeparator: \.isWhitespace).count
      // The end is that of the unit in which the length is reached.
      #expect((40...95).contains(words))
      #expect(starts.contains(chunk.bytes.lowerBound))
      let bytes = whole.utf8.dropFirst(chunk.bytes.lowerBound).prefix(chunk.bytes.count)
      #expect(chunk.text == String(decoding: bytes, as: UTF8.self))
    }
    #expect(Set(found.map(\.bytes.lowerBound)).count > 100)
    #expect(found.contains { $0.bytes.lowerBound == 0 })
    #expect(found.contains { $0.bytes.upperBound == whole.utf8.count })
  }

  @Test func aShortContextIsTakenWhole() {
    let whole = units.text(of: 0..<200)
    let found = drawn(chunks(512...4096, heldOut: 0), .training)
    #expect(found.contains { $0.text == whole })
    #expect(drawn(chunks(4096...4096, heldOut: 0), .training).allSatisfy { $0.text == whole })
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func noTrainingChunkMeetsAHeldOutOne(seed: UInt64) {
    let chunks = chunks(10...400, seed: seed)
    let held = Set(drawn(chunks, .heldOut).flatMap { Array($0.bytes) })
    let trained = Set(drawn(chunks, .training).flatMap { Array($0.bytes) })
    #expect(!held.isEmpty && held.isDisjoint(with: trained))
    #expect(held.union(trained).count == units.text(of: 0..<200).utf8.count)
    #expect(abs([chunks].heldOutShare - 0.1) < 0.001)
    let spans = chunks.spans(of: .heldOut)
    #expect(held.isSubset(of: Set(spans.flatMap { Array($0) })))
  }

  @Test func theHeldOutPartFollowsFromTheSeed() {
    #expect(
      chunks(10...20, seed: 3).spans(of: .heldOut) == chunks(10...20, seed: 3).spans(of: .heldOut))
    let places = Set((0..<20).map { chunks(10...20, seed: $0).spans(of: .heldOut) })
    #expect(places.count > 5)
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64], [0.05, 0.1, 0.3])
  func smallWindowsTogetherHoldOutWhatIsAskedFor(seed: UInt64, share: Double) {
    // 50 windows of 20 words, 4 units each.
    let windows = (0..<50).map { (4 * $0)..<(4 * $0 + 4) }
    let chunks = [StudyChunks](
      units, windows: windows, lengths: 10...20, heldOutShare: share, seed: seed)
    #expect(chunks.count == 50)
    #expect(abs(chunks.heldOutShare - share) <= 0.011)
    #expect(chunks.count { $0.has(.heldOut) } > 5)
    // A section at least is held out, however small the share.
    let few = [StudyChunks](
      units, windows: windows, lengths: 10...20, heldOutShare: 0.0001, seed: seed)
    #expect(few.count { $0.has(.heldOut) } == 1)
  }

  @Test func aShortContextHoldsOutItsShare() {
    let short = ContextUnits(
      (0..<20).map { "This is paragraph number \($0).\n\n" }.joined(), limit: 5
    ) { (text) throws(Never) in text.split(whereSeparator: \.isWhitespace).count }
    let chunks = StudyChunks(short, lengths: 10...400, heldOutShare: 0.1, seed: 1)
    #expect([chunks].heldOutShare == 0.1)
  }

  @Test func nothingIsHeldOutOfOneUnit() {
    let one = ContextUnits("word", limit: 5) { (_) throws(Never) in 1 }
    let chunks = StudyChunks(one, lengths: 1...2, heldOutShare: 0.5, seed: 0)
    #expect(!chunks.has(.heldOut) && chunks.has(.training))
    #expect(drawn(chunks, .training, count: 1).map(\.text) == ["word"])
  }
}
