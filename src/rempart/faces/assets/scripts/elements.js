// Make elements out of text. What comes from a server or a person only ever becomes text, never markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [property, content] of Object.entries(properties)) {
    if (property in made) made[property] = content;
    else made.setAttribute(property, content);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}
