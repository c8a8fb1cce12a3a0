package bulkload

// fields are the structs of a line. field returns where a field is kept, by its name in the format; nil = there is none.
type fields interface{ field(name string) any }

func (l *line) field(name string) any {
	switch name {
	case "type":
		return &l.Type
	case "version":
		return &l.Version
	case "info":
		return &l.Info
	case "role":
		return &l.Role
	case "scheme":
		return &l.Scheme
	case "emoji":
		return &l.Emoji
	case "team":
		return &l.Team
	case "channel":
		return &l.Channel
	case "user":
		return &l.User
	case "bot":
		return &l.Bot
	case "post":
		return &l.Post
	case "direct_channel":
		return &l.DirectChannel
	case "direct_post":
		return &l.DirectPost
	}
	return nil
}

func (i *info) field(name string) any {
	switch name {
	case "generator":
		return &i.Generator
	case "version":
		return &i.Version
	case "created":
		return &i.Created
	case "additional":
		return &i.Additional
	}
	return nil
}

func (r *role) field(name string) any {
	switch name {
	case "name":
		return &r.Name
	case "display_name":
		return &r.DisplayName
	case "description":
		return &r.Description
	case "permissions":
		return &r.Permissions
	case "scheme_managed":
		return &r.SchemeManaged
	}
	return nil
}

func (s *scheme) field(name string) any {
	switch name {
	case "name":
		return &s.Name
	case "display_name":
		return &s.DisplayName
	case "description":
		return &s.Description
	case "scope":
		return &s.Scope
	case "default_team_admin_role":
		return &s.DefaultTeamAdminRole
	case "default_team_user_role":
		return &s.DefaultTeamUserRole
	case "default_team_guest_role":
		return &s.DefaultTeamGuestRole
	case "default_channel_admin_role":
		return &s.DefaultChannelAdminRole
	case "default_channel_user_role":
		return &s.DefaultChannelUserRole
	case "default_channel_guest_role":
		return &s.DefaultChannelGuestRole
	}
	return nil
}

func (e *emoji) field(name string) any {
	switch name {
	case "name":
		return &e.Name
	case "image":
		return &e.Image
	}
	return nil
}

func (t *team) field(name string) any {
	switch name {
	case "name":
		return &t.Name
	case "display_name":
		return &t.DisplayName
	case "type":
		return &t.Type
	case "description":
		return &t.Description
	case "allow_open_invite":
		return &t.AllowOpenInvite
	case "scheme":
		return &t.Scheme
	}
	return nil
}

func (c *channel) field(name string) any {
	switch name {
	case "team":
		return &c.Team
	case "name":
		return &c.Name
	case "display_name":
		return &c.DisplayName
	case "type":
		return &c.Type
	case "header":
		return &c.Header
	case "purpose":
		return &c.Purpose
	case "scheme":
		return &c.Scheme
	case "deleted_at":
		return &c.DeletedAt
	}
	return nil
}

func (u *user) field(name string) any {
	switch name {
	case "username":
		return &u.Username
	case "email":
		return &u.Email
	case "auth_service":
		return &u.AuthService
	case "auth_data":
		return &u.AuthData
	case "password":
		return &u.Password
	case "nickname":
		return &u.Nickname
	case "first_name":
		return &u.FirstName
	case "last_name":
		return &u.LastName
	case "position":
		return &u.Position
	case "roles":
		return &u.Roles
	case "locale":
		return &u.Locale
	case "delete_at":
		return &u.DeleteAt
	case "profile_image":
		return &u.ProfileImage
	case "teams":
		return &u.Teams
	case "notify_props":
		return &u.NotifyProps
	case "custom_status":
		return &u.CustomStatus
	}
	return u.preferences.field(name)
}

func (p *preferences) field(name string) any {
	switch name {
	case "theme":
		return &p.Theme
	case "military_time":
		return &p.MilitaryTime
	case "link_previews":
		return &p.LinkPreviews
	case "message_display":
		return &p.MessageDisplay
	case "collapse_consecutive_messages":
		return &p.CollapseConsecutive
	case "colorize_usernames":
		return &p.ColorizeUsernames
	case "channel_display_mode":
		return &p.ChannelDisplayMode
	case "tutorial_step":
		return &p.TutorialStep
	case "send_on_ctrl_enter":
		return &p.SendOnCtrlEnter
	case "code_block_ctrl_enter":
		return &p.CodeBlockCtrlEnter
	case "show_join_leave":
		return &p.ShowJoinLeave
	case "show_unread_scroll_position":
		return &p.ShowUnreadScrollPosition
	case "sync_drafts":
		return &p.SyncDrafts
	case "limit_visible_dms_gms":
		return &p.LimitVisibleDMs
	case "name_format":
		return &p.NameFormat
	case "feature_enabled_markdown_preview":
		return &p.Markdown
	case "formatting":
		return &p.Formatting
	case "show_unread_section":
		return &p.ShowUnreadSection
	case "email_interval":
		return &p.EmailInterval
	}
	return nil
}

func (n *notifyProps) field(name string) any {
	switch name {
	case "desktop":
		return &n.Desktop
	case "desktop_sound":
		return &n.DesktopSound
	case "email":
		return &n.Email
	case "mobile":
		return &n.Mobile
	case "mobile_push_status":
		return &n.MobilePushStatus
	case "channel":
		return &n.Channel
	case "comments":
		return &n.Comments
	case "mention_keys":
		return &n.MentionKeys
	}
	return nil
}

func (u *userTeam) field(name string) any {
	switch name {
	case "name":
		return &u.Name
	case "roles":
		return &u.Roles
	case "theme":
		return &u.Theme
	case "channels":
		return &u.Channels
	}
	return nil
}

func (u *userChannel) field(name string) any {
	switch name {
	case "name":
		return &u.Name
	case "roles":
		return &u.Roles
	case "favorite":
		return &u.Favorite
	case "notify_props":
		return &u.NotifyProps
	}
	return u.counters.field(name)
}

func (c *counters) field(name string) any {
	switch name {
	case "mention_count":
		return &c.MentionCount
	case "mention_count_root":
		return &c.MentionCountRoot
	case "urgend_mention_count":
		return &c.UrgentMentions
	case "msg_count":
		return &c.MsgCount
	case "msg_count_root":
		return &c.MsgCountRoot
	case "last_viewed_at":
		return &c.LastViewedAt
	}
	return nil
}

func (c *channelNotifyProps) field(name string) any {
	switch name {
	case "desktop":
		return &c.Desktop
	case "mobile":
		return &c.Mobile
	case "mark_unread":
		return &c.MarkUnread
	case "email":
		return &c.Email
	case "ignore_channel_mentions":
		return &c.IgnoreChannelMentions
	case "channel_auto_follow_threads":
		return &c.AutoFollowThreads
	}
	return nil
}

func (b *bot) field(name string) any {
	switch name {
	case "username":
		return &b.Username
	case "owner":
		return &b.Owner
	case "display_name":
		return &b.DisplayName
	case "description":
		return &b.Description
	case "delete_at":
		return &b.DeleteAt
	case "profile_image":
		return &b.ProfileImage
	}
	return nil
}

func (p *post) field(name string) any {
	switch name {
	case "team":
		return &p.Team
	case "channel":
		return &p.Channel
	case "channel_members":
		return &p.ChannelMembers
	case "user":
		return &p.User
	case "type":
		return &p.Type
	case "message":
		return &p.Message
	case "props":
		return &p.Props
	case "create_at":
		return &p.CreateAt
	case "edit_at":
		return &p.EditAt
	case "is_pinned":
		return &p.IsPinned
	case "flagged_by":
		return &p.FlaggedBy
	case "reactions":
		return &p.Reactions
	case "replies":
		return &p.Replies
	case "attachments":
		return &p.Attachments
	case "thread_followers":
		return &p.ThreadFollowers
	}
	return nil
}

func (r *reaction) field(name string) any {
	switch name {
	case "user":
		return &r.User
	case "emoji_name":
		return &r.EmojiName
	case "create_at":
		return &r.CreateAt
	}
	return nil
}

func (a *attachment) field(name string) any {
	switch name {
	case "path":
		return &a.Path
	}
	return nil
}

func (t *threadFollower) field(name string) any {
	switch name {
	case "user":
		return &t.User
	case "last_viewed":
		return &t.LastViewed
	case "unread_mentions":
		return &t.UnreadMentions
	}
	return nil
}

func (d *directChannel) field(name string) any {
	switch name {
	case "members":
		return &d.Members
	case "participants":
		return &d.Participants
	case "header":
		return &d.Header
	case "favorited_by":
		return &d.FavoritedBy
	case "shown_by":
		return &d.ShownBy
	}
	return nil
}

func (p *participant) field(name string) any {
	switch name {
	case "username":
		return &p.Username
	case "notify_props":
		return &p.NotifyProps
	case "scheme_user":
		return &p.SchemeUser
	case "scheme_admin":
		return &p.SchemeAdmin
	case "scheme_guest":
		return &p.SchemeGuest
	}
	return p.counters.field(name)
}
