"""The result of a verification, in words.

- `console`: each step as it passes, and what a failure means
- `render`: the whole report, for people and for programs
- `messages`: what is proved, noted or not proved, by code; `findings` and `not_proved` choose of these
- `custody_text`, with the sentences of `statements.types`: the custody history
- `items.timeline`, `items.event_text`: gaps and events of a recording
"""
