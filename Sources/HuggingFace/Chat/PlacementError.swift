/// Why a context cannot be placed in a chat template, in one line.
package enum PlacementError: Error, Equatable, Sendable {
  /// The template fails, or refuses the conversation.
  case template(ChatTemplateError)
  /// The template fails, or refuses the conversation, because it has a system message.
  case noSystemMessage(ChatTemplateError)
  /// The template does not print a system message once.
  case systemMessageLost(place: String, count: Int)
  /// The template puts text of the conversation before the system message.
  case movingHeader(place: String)
  /// The template writes something else around this context than around others.
  case contextChangesTemplate(place: String)
  /// A conversation begins with a message behind which the template writes the context differently.
  case anotherOpening(String, place: String)
  /// A conversation has other tokens behind the context than the closing.
  case anotherClosing(place: String)
  /// The template writes a conversation's tools beside the context, where all conversations are alike.
  case toolsBesideContext(place: String)
  /// The template does not write a response with tool calls where it lets the assistant begin.
  case responseElsewhere(place: String)
  /// A conversation does not begin with the user, whose message the context begins.
  case needsUserFirst(String, place: String)
  /// A message has a role that neither is common nor stands in the template.
  case unknownRole(String, place: String)
  /// A conversation brings its own system message.
  case systemMessageTaken
  /// No template has this name, and there is no such file.
  case unknownTemplate(String)
  /// The model's own template or special tokens cannot be read.
  case folder(ModelFolderError)
  /// Messages came for a model without a chat template.
  case noTemplate
  /// Variables came, but no template that could take them.
  case variablesWithoutTemplate
  /// A template does not mention a variable.
  case unusedVariable(String, place: String)
}

extension PlacementError: CustomStringConvertible {
  /// The whole error in one line, with the plain names of options.
  package var description: String { text { $0 } }

  /// The whole error in one line.
  ///
  /// - Parameter option: an option's name as the user knows it, from its plain name.
  package func text(option: (String) -> String) -> String {
    switch self {
    case .template(let error): error.description
    case .noSystemMessage(let error):
      "\(error.description): the template takes the context neither as system message nor in front "
        + "of the first user's message; give \(option("template")) the file of one that does"
    case .systemMessageLost(let place, let count):
      "\(place): expected the template to print the system message once, found it "
        + "\(count) times; give \(option("template")) the file of one that does"
    case .movingHeader(let place):
      "\(place): the template puts earlier turns before the system message, so only "
        + "conversations of one turn can be placed"
    case .contextChangesTemplate(let place):
      "\(place): something in the context, such as /no_think, makes the template write another text "
        + "around it; take it out, and tell the template with \(option("template-variable"))"
    case .anotherOpening(let role, let place):
      "messages: expected a first message of role user, found \(role): \(place) writes something else "
        + "between the context and such a message"
    case .anotherClosing(let place):
      "messages: expected a conversation in which the tokens behind the context begin with the closing, "
        + "found one for which \(place) writes others"
    case .toolsBesideContext(let place):
      "tools: expected none but those of the whole run, because \(place) writes them beside the context, "
        + "where all lines are alike; give tools that all lines have with "
        + "\(option("template-variable")) 'tools=[...]'"
    case .responseElsewhere(let place):
      "messages: \(place) writes the assistant's tool calls elsewhere than where an answer begins, so "
        + "they cannot be a response"
    case .needsUserFirst(let role, let place):
      "messages: expected a first message of role user, found \(role): \(place) takes no system "
        + "message, so the context begins the user's first"
    case .unknownRole(let role, let place):
      "messages: expected the role user, assistant, tool or developer, found \"\(role)\", which "
        + "\(place) does not mention"
    case .systemMessageTaken:
      "messages: expected none of role system, because the context takes its place"
    case .unknownTemplate(let name):
      "\(option("template")) \(name): expected auto, raw, "
        + ChatTemplate.builtInNames.joined(separator: ", ") + " or the file of a template"
    case .folder(let error): error.description
    case .noTemplate:
      "a conversation needs a chat template, and the model has none; choose one with "
        + "\(option("template")), or give prompts as texts"
    case .variablesWithoutTemplate:
      "\(option("template-variable")): expected a chat template that takes it, found none; choose "
        + "one with \(option("template"))"
    case .unusedVariable(let name, let place):
      "\(option("template-variable")) \(name): expected a name that the chat template mentions, "
        + "found no such name in \(place)"
    }
  }
}
