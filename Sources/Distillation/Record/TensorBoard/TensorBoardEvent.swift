import Files

/// An event of TensorBoard: `tensorflow.Event` of TensorFlow's `event.proto`, framed as a TFRecord.
struct TensorBoardEvent: Sendable, Equatable {
  /// The content of the event.
  enum Content: Sendable, Equatable {
    /// The first event of a file: its version.
    case version
    /// From this step on what earlier files say is void: a run goes on from a checkpoint.
    case restart
    /// Numbers by their tags.
    case scalars([Scalar])
  }

  /// A number under its tag.
  struct Scalar: Sendable, Equatable {
    var tag: String
    var value: Double
  }

  /// Seconds since 1970.
  var time: Double
  var step: Int
  var content: Content

  /// `file_version` of all files of this format.
  private static let fileVersion = "brain.Event:2"

  /// The field numbers of `event.proto` and `summary.proto`.
  private enum Field {
    static let time: UInt64 = 1
    static let step: UInt64 = 2
    static let fileVersion: UInt64 = 3
    static let summary: UInt64 = 5
    static let sessionLog: UInt64 = 7
    static let summaryValue: UInt64 = 1
    static let tag: UInt64 = 1
    static let simpleValue: UInt64 = 2
    static let status: UInt64 = 1
  }

  /// `SessionLog.START`.
  private static let start: UInt64 = 1

  private var message: ProtobufMessage {
    var message = ProtobufMessage()
    message.append(time, field: Field.time)
    if step > 0 { message.append(UInt64(step), field: Field.step) }
    switch content {
    case .version: message.append(Self.fileVersion, field: Field.fileVersion)
    case .restart:
      var log = ProtobufMessage()
      log.append(Self.start, field: Field.status)
      message.append(log, field: Field.sessionLog)
    case .scalars(let scalars):
      var summary = ProtobufMessage()
      for scalar in scalars {
        var value = ProtobufMessage()
        value.append(scalar.tag, field: Field.tag)
        value.append(Float(scalar.value), field: Field.simpleValue)
        summary.append(value, field: Field.summaryValue)
      }
      message.append(summary, field: Field.summary)
    }
    return message
  }

  /// The event as a record of a TFRecord file: the length in 8 bytes, its masked CRC-32C, the
  /// message, and the message's.
  var record: [UInt8] {
    let content = message.bytes
    let length = ProtobufMessage.littleEndian(UInt64(content.count))
    return length + ProtobufMessage.littleEndian(CRC32C.masked(length)) + content
      + ProtobufMessage.littleEndian(CRC32C.masked(content))
  }
}
