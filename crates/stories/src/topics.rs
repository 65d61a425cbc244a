//! Every topic that has a story, and the story that stands for it. A topic without one is seen here.
