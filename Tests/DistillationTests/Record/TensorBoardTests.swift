import Foundation
import TestSupport
import Testing

@testable import Distillation

/// TensorBoard's event files, byte for byte as TensorBoard's own code writes them
/// (`Tests/Golden/tensorboard`).
@Suite struct TensorBoardTests {
  private static let golden = URL(fileURLWithPath: #filePath)
    .appending(path: "../../../Golden/tensorboard/events.tfevents").standardizedFileURL

  @Test func eventsAreThoseOfTensorBoard() throws {
    let time = 1_700_000_000.0
    let events: [TensorBoardEvent] = [
      .init(time: time + 0.25, step: 0, content: .version),
      .init(time: time + 1.5, step: 1, content: .restart),
      .init(
        time: time + 3, step: 1,
        content: .scalars([
          .init(tag: "train/loss", value: 2.5), .init(tag: "train/learning_rate", value: 0.05),
          .init(tag: "train/grad_norm", value: 300),
        ])),
      .init(
        time: time + 302, step: 300,
        content: .scalars([
          .init(tag: "eval/kl", value: 0.0078125), .init(tag: "eval/top1_agreement", value: 0.9375),
        ])),
    ]
    #expect(events.flatMap(\.record) == [UInt8](try Data(contentsOf: Self.golden)))
  }

  private func eventFiles(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func aFileBeginsWithItsVersionAndGrowsByEvents() throws {
    let folder = try TemporaryFolder()
    let events = folder.url.appending(path: "tensorboard")
    let file = try TensorBoardFile(in: events, continuingFrom: nil)
    try file.append(RunRecords.step(1))
    try file.append(EvaluationRecord(step: 1, kl: 0.5, top1Agreement: 0.75, isBest: true))
    let names = try eventFiles(events)
    #expect(names.count == 1)
    #expect(names[0].hasPrefix("events.out.tfevents.") && names[0].hasSuffix(".pith"))
    let bytes = [UInt8](try Data(contentsOf: events.appending(path: names[0])))
    let text = String(decoding: bytes, as: UTF8.self)
    for tag in [
      "brain.Event:2", "train/loss", "train/grad_norm", "train/learning_rate", "eval/kl",
    ] { #expect(text.contains(tag), "\(tag)") }
    #expect(!text.contains("train/learning_rate_keys"))
  }

  @Test func replacingARunRemovesItsEventsAlone() throws {
    let folder = try TemporaryFolder()
    let events = folder.url.appending(path: "tensorboard")
    _ = try TensorBoardFile(in: events, continuingFrom: nil)
    try folder.write("tensorboard/events.out.tfevents.1.host.1.0", "another program's")
    try TensorBoardFile.removeAll(in: events)
    #expect(try eventFiles(events) == ["events.out.tfevents.1.host.1.0"])
    try FileManager.default.removeItem(at: events.appending(path: "events.out.tfevents.1.host.1.0"))
    _ = try TensorBoardFile(in: events, continuingFrom: 3)
    try TensorBoardFile.removeAll(in: events)
    #expect(try folder.names() == [])
  }
}
