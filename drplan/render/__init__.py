"""Plans, reports and lists as text for people; pure, and colourless unless a painter is given."""
