import JSON

/// The tools of a run in a template: the learned prompt stands for them and for the context.
struct PlacedTools: Sendable {
  /// The list.
  let json: JSON

  /// The text before the context and after it, up to the answer to the prompt marker. One of the
  /// two holds the tools.
  let header: String
  let tail: String

  /// The text before the tail where the tools stand without a context; nil where they never do.
  let alone: String?
}

extension ChatPlacement {
  /// The variable of templates that holds the tools.
  static let toolsKey = "tools"

  /// The text of the template around a context with tools.
  ///
  /// - Parameters:
  ///   - tools: the tools.
  ///   - hasContext: whether a context stands beside them wherever they are read.
  ///   - prompt: the message with the prompt marker.
  ///   - tail: the text after the context without tools, with which the text has to end: the tokens
  ///     of prompts are the same for teacher and student.
  /// - Throws: where the template does not read tools, or writes them apart from the context.
  static func place(
    _ tools: ToolDefinitions, hasContext: Bool, _ writer: ChatWriter, _ prompt: ChatMessage,
    tail: String
  ) throws(PlacementError) -> PlacedTools {
    let name = writer.template.location
    guard writer.variables.values[toolsKey] == nil else { throw .toolsTwice }
    guard writer.template.mentions(toolsKey) else { throw .toolsNotRead(template: name) }
    let writer = writer.with(tools: tools.json)
    let (header, rest) = try cut(writer, [prompt])
    var texts = [rest]
    if !hasContext {
      do { texts.append(try writer.text(nil, [prompt], addingGenerationPrompt: true)) } catch {
        throw .template(error)
      }
    }
    // Templates write the tools' JSON, or a form of their own that has the names in it too.
    for whole in [header + rest] + texts.dropFirst() {
      guard tools.functions.allSatisfy({ whole.range(ofText: $0.name) != nil }) else {
        throw .toolsNotRead(template: name)
      }
    }
    guard texts.allSatisfy({ $0.utf8.ends(with: tail.utf8) }) else {
      throw .toolsElsewhere(template: name)
    }
    return PlacedTools(
      json: tools.json, header: header, tail: rest,
      alone: hasContext ? nil : texts[1].droppingUTF8(tail))
  }

  /// Checks that the template writes a conversation after the tools as it does without them.
  ///
  /// - Parameter tail: the text after the context without tools.
  func checkTools(
    before tail: String, of messages: [ChatMessage], _ tools: PlacedTools
  ) throws(PlacementError) {
    let writer = writer.with(tools: tools.json)
    let marker = Self.contextMarker
    var beginnings: [(context: String?, text: String)] = [
      (marker, tools.header + marker + tools.tail.droppingUTF8(self.tail))
    ]
    if let alone = tools.alone { beginnings.append((nil, alone)) }
    for (context, text) in beginnings {
      let whole: String
      do {
        whole = try writer.text(context, messages, addingGenerationPrompt: true)
      } catch { throw .template(error) }
      guard whole.utf8.elementsEqual((text + tail).utf8) else {
        throw .toolsElsewhere(template: writer.template.location)
      }
    }
  }
}

extension String {
  /// The text without as many bytes at its end as another one has.
  func droppingUTF8(_ end: String) -> String {
    String(decoding: utf8.dropLast(end.utf8.count), as: UTF8.self)
  }
}

extension String.UTF8View {
  /// Whether these bytes end with others.
  fileprivate func ends(with end: String.UTF8View) -> Bool {
    suffix(end.count).elementsEqual(end)
  }
}
